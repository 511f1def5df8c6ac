/** @file Sex, age and skin tone of the people that a plan asks for, each combination alike often. */

export const sexes = ["female", "male"] as const;
export const ageGroups = ["young", "middleAged", "old"] as const;
export const skinTones = ["light", "medium", "dark"] as const;
export type Sex = (typeof sexes)[number];
export type AgeGroup = (typeof ageGroups)[number];
export type SkinTone = (typeof skinTones)[number];

/** What is balanced over people. */
export interface Looks {
  readonly sex: Sex;
  readonly age: AgeGroup;
  readonly tone: SkinTone;
}

/** Number of combinations. */
export const looksCount: number = sexes.length * ageGroups.length * skinTones.length;

/**
 * The looks at a place of an endless cycle through all 18 combinations. Each block of six holds every sex three
 * times, every age and every tone twice, so that a few people are balanced too.
 *
 * @param place whole number, 0 or more
 */
export function looksAt(place: number): Looks {
  const index = place % looksCount;
  const third = index % 3;
  return {
    sex: sexes[index % 2]!,
    tone: skinTones[third]!,
    age: ageGroups[(third + Math.floor(index / 6)) % 3]!,
  };
}
