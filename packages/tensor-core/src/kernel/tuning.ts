/** @file Which variant of a kernel family is fastest on an adapter, by shape class: measured once, read ever after. */

import type { DeviceInfo } from "../device/openDevice.ts";

/** What was chosen for one family of kernels, as JSON holds it. */
export interface FamilyChoices {
  /** Identifies the variants that were compared; choices among others are void. */
  readonly revision: string;
  /** Names of variants by shape class. */
  readonly choices: Readonly<Record<string, string>>;
}

/** The choices of one adapter, as JSON holds them. */
export interface TuningRecord {
  readonly adapter: string;
  readonly families: Readonly<Record<string, FamilyChoices>>;
}

/** The choices that a device goes by; empty where nothing was tuned. */
export class Tuning {
  readonly #families = new Map<string, { revision: string; choices: Map<string, string> }>();

  /** @throws Error if the record has another form */
  constructor(record?: TuningRecord) {
    for (const [family, { revision, choices }] of Object.entries(record?.families ?? {})) {
      const entries = Object.entries(choices);
      if (typeof revision !== "string" || entries.some(([, name]) => typeof name !== "string")) {
        throw new TypeError(`the choices for ${family} are no names of variants`);
      }
      this.#families.set(family, { revision, choices: new Map(entries) });
    }
  }

  /** True if any choice exists for the family, whatever its revision. */
  has(family: string): boolean {
    return this.#families.has(family);
  }

  /** The variant chosen for a shape class among the variants of that revision. */
  get(family: string, revision: string, shapeClass: string): string | undefined {
    const known = this.#families.get(family);
    return known?.revision === revision ? known.choices.get(shapeClass) : undefined;
  }

  /** Notes a choice; choices among variants of another revision are dropped. */
  set(family: string, revision: string, shapeClass: string, variant: string): void {
    let known = this.#families.get(family);
    if (known?.revision !== revision) {
      this.#families.set(family, (known = { revision, choices: new Map() }));
    }
    known.choices.set(shapeClass, variant);
  }

  /** The choices as JSON holds them. */
  record(adapter: string): TuningRecord {
    const families = [...this.#families].map(
      ([family, { revision, choices }]) =>
        [family, { revision, choices: Object.fromEntries([...choices].toSorted()) }] as const,
    );
    return { adapter, families: Object.fromEntries(families) };
  }
}

/** What distinguishes adapters whose timings differ: driver, threads and subgroups. */
export function adapterIdentity(info: DeviceInfo): string {
  const { vendor, architecture, description, threads, subgroupMinSize, subgroupMaxSize } = info;
  return [vendor, architecture, description, threads, subgroupMinSize, subgroupMaxSize].join(" | ");
}

/** A short word for a text: its FNV-1a hash. Fowler, Noll, Vo, RFC draft eastlake-fnv, 32 bits. */
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
