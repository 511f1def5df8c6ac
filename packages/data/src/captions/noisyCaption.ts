/** @file A stand-in for a general captioner on rendered frames, whose mistakes are drawn with known probabilities. */
import { attacks } from "../manifest/manifest.ts";
import type { Attack, ManifestRow } from "../manifest/manifest.ts";
import { openRandom } from "../render/random.ts";
import type { Random } from "../render/random.ts";
import { cuePhrases, cuesOfAttack, personPhrase } from "./captionFacts.ts";
import type { CaptionFacts } from "./captionFacts.ts";
import { mediumPhrases, transparentPhrases } from "./captionGeneral.ts";
import { placeOf, wordsOf } from "./phrases.ts";

/** How often the captioner errs; each a probability in [0, 1]. */
export interface CaptionNoise {
  readonly seed: number;
  /** That a true item of a spoof frame, a cue or the medium, is not said: drawn for each item. */
  readonly missing: number;
  /** That an item of another attack is said of a spoof frame: drawn once a frame. */
  readonly wrong: number;
  /** That an item of an attack is said of a live frame: drawn once a frame. */
  readonly falseOnLive: number;
}

/** A caption and what was drawn for it. */
export interface NoisyCaption {
  readonly caption: string;
  /** True items that there were. */
  readonly items: number;
  /** True items that are not said. */
  readonly missed: number;
  /** The attack whose item is said though the frame cannot show it. */
  readonly foreign: Attack | undefined;
}

/**
 * A general caption with noise: who, in which light, the medium if it is said, then cues. The true cues are those that the
 * frame's rendered caption (`captionSpoof`) names.
 * @param row a rendered frame
 * @param noise equal seeds give equal captions, whatever else is captioned
 * @throws RangeError if a probability is not in [0, 1]; Error if a spoof frame has no rendered caption to start from
 */
export function noisyCaption(row: ManifestRow, noise: CaptionNoise): NoisyCaption {
  for (const name of ["missing", "wrong", "falseOnLive"] as const) {
    if (!(noise[name] >= 0 && noise[name] <= 1)) {
      throw new RangeError(`[noisyCaption] ${name} must be a probability from 0 to 1, got ${noise[name]}`);
    }
  }
  if (row.label === "spoof" && row.captionSpoof.trim() === "") {
    throw new Error(
      `[noisyCaption] row ${row.id} has no captionSpoof to take true cues from: this captioner is for rendered data; ` +
        "give --captions=FILE or --endpoint=URL",
    );
  }
  const random = openRandom(noise.seed, "noisyCaption", row.id);
  const items = row.label === "spoof" ? trueItems(row, random) : [];
  const said = items.filter(() => !random.chance(noise.missing));
  const missed = items.length - said.length;
  const errs = random.chance(row.label === "spoof" ? noise.wrong : noise.falseOnLive);
  const foreign = errs ? foreignItem(row.attack, random) : undefined;
  if (foreign) said.push(foreign);
  const medium = said.find(({ isMedium }) => isMedium);
  const cues = said.filter((item) => item !== medium).map(({ phrase }) => phrase);
  // Commas, not "and": the "without" of one cue must not govern the next.
  const parts = [
    looks(row.scene),
    medium && ` ${medium.phrase}`,
    cues.length > 0 && `, with ${cues.join(", ")}`,
  ];
  const caption = `${parts.filter(Boolean).join("")}.`;
  return { caption, items: items.length, missed, foreign: foreign?.attack };
}

interface Item {
  readonly phrase: string;
  readonly isMedium: boolean;
  readonly attack: Attack;
}

/** The cues that the rendered caption names, in other words at times, and the medium. */
function trueItems(row: ManifestRow, random: Random): Item[] {
  const words = wordsOf(row.captionSpoof);
  const { attack } = row;
  const media = row.attackCode === "transparent" ? transparentPhrases : mediumPhrases[attack];
  const cues = cuesOfAttack[attack].filter((cue) =>
    phrasesOf(cue).some((phrase) => placeOf(words, phrase) < words.length),
  );
  return [
    { phrase: random.pick(media), isMedium: true, attack },
    ...cues.map((cue) => ({ phrase: random.pick(phrasesOf(cue)), isMedium: false, attack })),
  ];
}

/** Something that an attack other than the frame's shows, and the frame's does not. */
function foreignItem(own: Attack, random: Random): Item {
  const attack = random.pick(attacks.filter((other) => other !== "none" && other !== own));
  const ownPhrases = new Set(cuesOfAttack[own].flatMap(phrasesOf));
  const phrases = cuesOfAttack[attack].flatMap(phrasesOf).filter((phrase) => !ownPhrases.has(phrase));
  const medium = random.pick(mediumPhrases[attack]);
  return random.chance(0.5) && !ownPhrases.has(medium)
    ? { phrase: medium, isMedium: true, attack }
    : { phrase: random.pick(phrases), isMedium: false, attack };
}

function phrasesOf(cue: string): readonly string[] {
  return cuePhrases[cue] ?? [cue];
}

/** Person and light by the scene column, as far as it says them. */
function looks(scene: string): string {
  const { sex, age, hair, light } = JSON.parse(scene || "{}") as Partial<
    Record<"sex" | "age" | "hair" | "light", string>
  >;
  const person =
    sex && age ? personPhrase({ sex, ageGroup: age } as Pick<CaptionFacts, "sex" | "ageGroup">) : "a person";
  return `${person}${hair ? ` with ${hair}` : ""}${light ? ` in ${light}` : ""}`;
}
