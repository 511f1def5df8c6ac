/** @file Draws identities of given looks: shape of the head, skin, hair and eyes, all from one seed. */

import type { HeadAsset } from "./headAsset.ts";
import type { AgeGroup, Looks, Sex, SkinTone } from "./looks.ts";
import { openRandom, type Random } from "./random.ts";

type Colour = readonly [number, number, number];

type Race = "african" | "asian" | "caucasian";

/** Who is to be drawn. */
export interface Person {
  readonly seed: number;
  readonly looks: Looks;
}

/** A person, before pose and expression. */
export interface Identity extends Looks {
  readonly seed: number;
  /** Weights of the targets that shape the head. */
  readonly shape: ReadonlyMap<string, number>;
  /** Name of the skin texture. */
  readonly skin: string;
  /** Multiplies the skin's albedo. */
  readonly skinTint: Colour;
  readonly roughness: number;
  /** Depth of pores, blotches and lines; 1 is common. */
  readonly pores: number;
  /** 0 = shaven, 1 = dense stubble. */
  readonly stubble: number;
  /** Name of the hair proxy, null = bald or shaven head. */
  readonly hair: string | null;
  readonly hairName: string;
  readonly hairColour: Colour;
  readonly hairColourName: string;
  readonly brow: string;
  readonly iris: string;
  readonly shirt: Colour;
}

const hairColours: Record<string, Colour> = {
  black: [0.011, 0.009, 0.008],
  "dark brown": [0.035, 0.02, 0.012],
  brown: [0.085, 0.045, 0.022],
  "light brown": [0.17, 0.1, 0.05],
  blond: [0.36, 0.24, 0.11],
  red: [0.22, 0.06, 0.022],
  grey: [0.33, 0.32, 0.31],
};

const hairStyles: Record<string, string> = {
  afro01: "curly hair",
  long01: "long hair",
  ponytail01: "tied hair",
  short01: "short wavy hair",
  short02: "short hair",
  short04: "short combed hair",
};

// Which faces have a skin of this tone, and how bright their texture is drawn.
const skins: Record<SkinTone, readonly (readonly [Race, number, number])[]> = {
  light: [
    ["asian", 0.95, 1.12],
    ["caucasian", 0.95, 1.12],
  ],
  medium: [
    ["african", 1.12, 1.3],
    ["asian", 0.78, 0.9],
    ["caucasian", 0.78, 0.9],
  ],
  dark: [["african", 0.75, 1.08]],
};

/** Draws a person: the looks are as asked, all else follows from the seed. */
export function drawIdentity(asset: HeadAsset, { seed, looks }: Person): Identity {
  const random = openRandom(seed, "identity");
  const { sex, age, tone } = looks;
  const [race, low, high] = random.pick(skins[tone]);
  const other: Race = random.pick(["african", "asian", "caucasian"] as const);
  const shape = shapeOf(asset, random, sex, age, race, other);
  const brightness = random.range(low, high);
  const warmth = random.range(-0.06, 0.06);
  const hairColourName = drawHairColour(random, race, age);
  const hair = drawHair(random, sex, age, race);
  return {
    seed,
    sex,
    age,
    tone,
    shape,
    skin: `${{ young: "young", middleAged: "middleage", old: "old" }[age]}_${race}_${sex}`,
    skinTint: [brightness * (1 + warmth), brightness, brightness * (1 - warmth)],
    roughness: random.range(0.34, 0.55),
    pores: random.range(0.6, 2),
    stubble: sex === "male" && random.chance(0.5) ? random.range(0.2, 0.9) : 0,
    hair,
    hairName: hair ? hairStyles[hair]! : "a shaven head",
    hairColour: hairColours[hairColourName]!.map((c) => c * random.range(0.85, 1.2)) as unknown as Colour,
    hairColourName,
    brow: random.pick(
      sex === "female"
        ? ["eyebrow001", "eyebrow003", "eyebrow005", "eyebrow006"]
        : ["eyebrow002", "eyebrow008", "eyebrow009", "eyebrow012"],
    ),
    iris: random.pick(race === "caucasian" ? asset.irises : ["brown", "brown", "brownlight"]),
    shirt: [random.range(0.02, 0.6), random.range(0.02, 0.6), random.range(0.02, 0.6)],
  };
}

function shapeOf(
  asset: HeadAsset,
  random: Random,
  sex: Sex,
  age: AgeGroup,
  race: Race,
  other: Race,
): Map<string, number> {
  const shape = new Map<string, number>();
  const add = (name: string, weight: number): void => {
    shape.set(name, (shape.get(name) ?? 0) + weight);
  };
  // Only one woman's macro is free: the other races' women are it plus the difference of the races' men.
  const mixture = random.range(0, 0.4);
  for (const [name, weight] of [
    [race, 1 - mixture],
    [other, mixture],
  ] as const) {
    if (sex === "male") add(`macrodetails/${name}-male-young`, weight);
    else {
      add("macrodetails/african-female-young", weight);
      add(`macrodetails/${name}-male-young`, 0.85 * weight);
      add("macrodetails/african-male-young", -0.85 * weight);
    }
  }
  const years = { young: 0, middleAged: 0.35, old: 0.8 }[age] * (sex === "male" ? 1 : 0.6);
  const elder = race === "african" ? "african" : "caucasian";
  add(`macrodetails/${elder}-male-old`, years);
  add(`macrodetails/${elder}-male-young`, -years);
  for (const name of drawShapers(asset, random)) {
    const weight = random.range(0, name.startsWith("asym/") ? 0.5 : 0.6);
    add(name, weight);
    const twin = name.replace("/l-", "/r-");
    if (twin !== name && asset.targets[twin]) add(twin, weight);
  }
  return shape;
}

function drawShapers(asset: HeadAsset, random: Random): string[] {
  const usable = Object.keys(asset.targets).filter(
    (name) =>
      /^(head|nose|mouth|eyes|chin|cheek|forehead|eyebrows|ears|neck|asym)\//.test(name) &&
      !/\/r-|-trans-(in|out|forward|backward|horiz)|head-(angle|age)|eye-push|nubian|shape1|triangle|pointed|diamond/.test(
        name,
      ) &&
      (!name.includes("/l-") || asset.targets[name.replace("/l-", "/r-")] !== undefined),
  );
  const drawn = new Set<string>();
  for (let i = 0; i < 34; i++) drawn.add(random.pick(usable));
  return [...drawn];
}

function drawHairColour(random: Random, race: Race, age: AgeGroup): string {
  if (random.chance({ young: 0, middleAged: 0.15, old: 0.75 }[age])) return "grey";
  if (race !== "caucasian") return random.pick(["black", "black", "black", "dark brown"]);
  return random.pick(["dark brown", "brown", "brown", "light brown", "blond", "red", "black"]);
}

function drawHair(random: Random, sex: Sex, age: AgeGroup, race: Race): string | null {
  if (sex === "female") {
    return random.pick(
      race === "african"
        ? ["afro01", "ponytail01", "long01", "afro01"]
        : ["long01", "ponytail01", "long01", "ponytail01", "short01"],
    );
  }
  if (random.chance(age === "young" ? 0.12 : 0.25)) return null;
  return random.pick(
    race === "african" ? ["afro01", "short02", "short02", "short04"] : ["short01", "short02", "short04"],
  );
}
