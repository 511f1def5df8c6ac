/** @file Joins chains of elementwise dispatches, so that what passes between them needs no memory. */

import type { PooledBuffer } from "../memory/bufferPool.ts";
import type { Binding, Command, UniformValue } from "./command.ts";
import {
  type Elementwise,
  elementwiseBody,
  type FormulaCall,
  quadOf,
  type StoredType,
} from "./elementwiseKernel.ts";
import { type KernelSpec, read, write } from "./kernelSpec.ts";

/** Buffers of one kernel, on every adapter. */
const maxBuffers = 8;
/** Formulas of one kernel; more save little and compile long. */
const maxStages = 16;

/** Numbers of dispatches that become one, in their order; the last is where it runs. */
export type Chain = readonly number[];

interface Use {
  writers: number[];
  readers: number[];
}

/**
 * Finds what can be joined: a dispatch takes in the one that made an input of it, if nothing else reads that.
 *
 * @param isTemporary whether nobody needs the content of a buffer once the step has run
 * @returns every dispatch in one chain, alone or with others, in the order in which they run
 */
export function findChains(
  commands: readonly Command[],
  isTemporary: (pooled: PooledBuffer) => boolean,
): Chain[] {
  const uses = usesOf(commands);
  const chains: number[][] = commands.map((_, at) => [at]);
  const runsAt = commands.map((_, at) => at);

  const mayJoin = (from: number, into: number, between: PooledBuffer): boolean => {
    const [taken, chain] = [chains[from] as number[], chains[into] as number[]];
    const members = new Set(chain);
    const { writers, readers } = uses.get(between) as Use;
    if (writers.length > 1 || !isTemporary(between) || taken.length + chain.length > maxStages) return false;
    if (!readers.every((reader) => members.has(reader) && passes(commands, from, reader, between))) {
      return false;
    }
    const bound = new Map(externals(commands, [...taken, ...chain]));
    if (bound.size + 1 > maxBuffers) return false;
    let kept = 0;
    for (const { pooled } of new Set(externals(commands, taken).values())) {
      const { writers: written, readers: read } = uses.get(pooled) as Use;
      if (written.some((at) => at > from && at <= into)) return false;
      if (isTemporary(pooled) && Math.max(...read.map((at) => runsAt[at] as number)) < into) {
        kept += pooled.bytes;
      }
    }
    // What is read later lives longer: never more of it than what is saved, unless it is at once.
    const isNext = commands.slice(from + 1, into).every(({ kernel }) => kernel.elementwise);
    return isNext || kept <= between.bytes;
  };

  const extend = (into: number): boolean => {
    for (const member of chains[into] as number[]) {
      const { kernel, bindings } = commands[member] as Command;
      for (const name in kernel.elementwise?.formula.inputs) {
        const { pooled } = bindings[name] as Binding;
        const [from] = uses.get(pooled)?.writers ?? [];
        if (from === undefined || from >= member || chains[from]?.at(-1) !== from) continue;
        if (!commands[from]?.kernel.elementwise || !mayJoin(from, into, pooled)) continue;
        const taken = chains[from] as number[];
        for (const at of taken) runsAt[at] = into;
        chains[into] = [...taken, ...(chains[into] as number[])].toSorted((a, b) => a - b);
        chains[from] = [];
        return true;
      }
    }
    return false;
  };

  for (const [at, { kernel }] of commands.entries()) {
    if (!kernel.elementwise) continue;
    while (extend(at));
  }
  return chains.filter(({ length }) => length > 0);
}

/** The dispatches of the chains. */
export function fuseChains(commands: readonly Command[], chains: readonly Chain[]): Command[] {
  return chains.map((chain) => {
    return chain.length === 1 ? (commands[chain[0] as number] as Command) : fuse(commands, chain);
  });
}

/** One dispatch for all of a chain. */
function fuse(commands: readonly Command[], chain: Chain): Command {
  const buffers: Record<string, KernelSpec["buffers"][string]> = {};
  const declared: Record<string, "u32" | "f32"> = { quads: "u32", nothing: "u32" };
  const bindings: Record<string, Binding> = {};
  const uniforms: Record<string, UniformValue> = { nothing: 0 };
  const calls: FormulaCall[] = [];
  const words: string[] = [];
  const stageOf = new Map<PooledBuffer, number>();
  const inputOf = new Map<string, string>();
  for (const at of chain) {
    const command = commands[at] as Command;
    const { formula, output } = command.kernel.elementwise as Elementwise;
    const [args, shown]: [string[], string[]] = [[], []];
    for (const name in formula.inputs) {
      const binding = command.bindings[name] as Binding;
      const stage = stageOf.get(binding.pooled);
      if (stage !== undefined) {
        args.push(`v${stage}`);
        shown.push(`v${stage}`);
        continue;
      }
      const dtype = formula.inputs[name] as StoredType;
      const key = bindingKey(command, name);
      const period = periodOf(command, name);
      let input = inputOf.get(key);
      if (!input) {
        inputOf.set(key, (input = `x${inputOf.size}`));
        buffers[input] = read(quadOf(dtype).element);
        bindings[input] = binding;
        if (period !== undefined) {
          declared[`${input}Quads`] = "u32";
          uniforms[`${input}Quads`] = period;
        }
      }
      const index = period === undefined ? "i" : `i % params.${input}Quads`;
      args.push(quadOf(dtype).load(`${input}[${index}]`));
      shown.push(period === undefined ? input : `${input}%`);
    }
    for (const scalar of formula.scalars ?? []) {
      const name = `${scalar}${calls.length}`;
      declared[name] = "f32";
      uniforms[name] = command.uniforms[scalar] as UniformValue;
      args.push(`params.${name}`);
    }
    stageOf.set((command.bindings[output] as Binding).pooled, calls.length);
    calls.push({ formula, args });
    words.push(`${formula.label}(${shown.join(", ")})`);
  }
  const last = commands[chain.at(-1) as number] as Command;
  const { formula, output } = last.kernel.elementwise as Elementwise;
  buffers["y"] = write(quadOf(formula.output).element);
  bindings["y"] = last.bindings[output] as Binding;
  uniforms["quads"] = last.uniforms["quads"] as UniformValue;
  return {
    kernel: {
      label: `fused ${words.join(" ")}`,
      workgroup: last.kernel.workgroup,
      buffers,
      uniforms: declared,
      body: elementwiseBody(calls, "y"),
    },
    bindings,
    uniforms,
    groups: last.groups,
  };
}

function usesOf(commands: readonly Command[]): Map<PooledBuffer, Use> {
  const uses = new Map<PooledBuffer, Use>();
  for (const [at, { kernel, bindings }] of commands.entries()) {
    for (const name in kernel.buffers) {
      const { pooled } = bindings[name] as Binding;
      let use = uses.get(pooled);
      if (!use) uses.set(pooled, (use = { writers: [], readers: [] }));
      // What is written in place is read too, but by no kernel that could be joined.
      use[kernel.buffers[name]?.access === "read" ? "readers" : "writers"].push(at);
    }
  }
  return uses;
}

/** Whether a reader takes all of what a dispatch writes, element for element. */
function passes(commands: readonly Command[], from: number, to: number, between: PooledBuffer): boolean {
  const [writer, reader] = [commands[from] as Command, commands[to] as Command];
  const { formula, output } = writer.kernel.elementwise as Elementwise;
  const written = writer.bindings[output] as Binding;
  if (to < from || writer.uniforms["quads"] !== reader.uniforms["quads"]) return false;
  const inputs = reader.kernel.elementwise?.formula.inputs ?? {};
  return Object.keys(inputs).every((name) => {
    const { pooled, bytes, offset = 0 } = reader.bindings[name] as Binding;
    if (pooled !== between) return true;
    const isWhole = bytes === written.bytes && offset === (written.offset ?? 0);
    return isWhole && inputs[name] === formula.output && periodOf(reader, name) === undefined;
  });
}

/** The inputs that dispatches do not make themselves, each once. */
function externals(commands: readonly Command[], chain: Chain): Map<string, Binding> {
  const made = new Set<PooledBuffer>();
  const found = new Map<string, Binding>();
  for (const at of chain) {
    const { kernel, bindings } = commands[at] as Command;
    made.add((bindings[kernel.elementwise?.output ?? ""] as Binding).pooled);
  }
  for (const at of chain) {
    const command = commands[at] as Command;
    for (const name in command.kernel.elementwise?.formula.inputs) {
      const binding = command.bindings[name] as Binding;
      if (!made.has(binding.pooled)) found.set(bindingKey(command, name), binding);
    }
  }
  return found;
}

/** What a kernel reads under a name, and how. */
function bindingKey(command: Command, name: string): string {
  const { pooled, bytes, offset = 0 } = command.bindings[name] as Binding;
  const dtype = command.kernel.elementwise?.formula.inputs[name] as StoredType;
  return `${pooled.id}:${offset}:${bytes}:${dtype}:${periodOf(command, name) ?? ""}`;
}

/** The quads after which an input repeats; undefined where it is whole. */
function periodOf({ kernel, uniforms }: Command, name: string): UniformValue | undefined {
  const period = uniforms[kernel.elementwise?.repeats[name] ?? ""];
  return period === uniforms["quads"] ? undefined : period;
}
