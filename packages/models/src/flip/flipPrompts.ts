/** @file The prompts of FLIP, as its repository has them. Srivatsan et al. 2023, arXiv:2309.16649, table 1. */

/** What the texts of live faces say. */
export const livePrompts = [
  "This is an example of a real face",
  "This is a bonafide face",
  "This is a real face",
  "This is how a real face looks like",
  "a photo of a real face",
  "This is not a spoof face",
] as const;

/** What the texts of spoofs say. */
export const spoofPrompts = [
  "This is an example of a spoof face",
  "This is an example of an attack face",
  "This is not a real face",
  "This is how a spoof face looks like",
  "a photo of a spoof face",
  "a printout shown to be a spoof face",
] as const;
