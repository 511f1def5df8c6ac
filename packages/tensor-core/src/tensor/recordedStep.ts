/** @file What a captured step consists of, and where its tensors go in memory. */

import type { Binding, Command } from "../kernel/command.ts";
import { Program } from "../kernel/program.ts";
import type { PooledBuffer } from "../memory/bufferPool.ts";
import { placeLifetimes } from "../memory/placeLifetimes.ts";
import type { Device } from "./device.ts";

/** A step as it was recorded: nothing has run yet. */
export interface RecordedStep {
  /** False if it was recorded to be compared alone. */
  readonly runs: boolean;
  readonly commands: Command[];
  /** Buffers of the tensors that the step made. */
  readonly buffers: PooledBuffer[];
  /** Memory that was let go of while the step was recorded; the step may use it before that. */
  readonly released: PooledBuffer[];
  /** Values from the host that the step uses each time. */
  readonly constants: Map<PooledBuffer, Float32Array | Int32Array | Uint32Array>;
  /** Host code that runs before each run of the step. */
  readonly hostWork: { readonly work: () => void; readonly fixed: Readonly<Record<string, number>> }[];
}

/** A step that can run. */
export interface PlacedStep {
  readonly program: Program;
  /** What the program uses; all of it is held until the step is freed. */
  readonly held: readonly PooledBuffer[];
  /** Bytes of memory that the step's tensors share. */
  readonly placedBytes: number;
}

/** @throws Error if the step that is recorded had another value of a tensor that host values are written to */
export function assertNew({ commands, constants }: RecordedStep, { pooled, offset = 0 }: Binding): void {
  const used = commands.some(({ bindings }) =>
    Object.values(bindings).some((binding) => binding.pooled === pooled),
  );
  if (!pooled.buffer && !constants.has(pooled) && offset === 0 && !used) return;
  throw new Error(
    "[write] a captured step cannot overwrite a tensor with host values: write it before the step, or pass it as an input",
  );
}

/** Says of a buffer whether it is of use within a step alone. */
export function isTemporary({ buffers }: RecordedStep): (pooled: PooledBuffer) => boolean {
  const temporary = new Set(buffers.filter(({ holds, place }) => holds === 0 && !place));
  return (pooled) => temporary.has(pooled);
}

/** What commands use that the step did not make, such as parameters. */
export function buffersOutside(
  commands: readonly Command[],
  { buffers }: Pick<RecordedStep, "buffers">,
): ReadonlySet<PooledBuffer> {
  const made = new Set(buffers);
  const outside = new Set<PooledBuffer>();
  for (const { bindings } of commands) {
    for (const { pooled } of Object.values(bindings)) if (!made.has(pooled)) outside.add(pooled);
  }
  return outside;
}

/**
 * Gives memory to every tensor of a step and makes its program. Tensors that are never in use at once share memory;
 * one that is still alive when the step was recorded keeps its own.
 *
 * @param commands what the program does
 * @param buffers  of the tensors that the step made
 * @throws MemoryError over the budget; it can be tried again then
 */
export function placeStep(
  device: Device,
  commands: readonly Command[],
  buffers: readonly PooledBuffer[],
): PlacedStep {
  const { pool, recorder } = device;
  const uses = new Map<PooledBuffer, { first: number; last: number }>();
  for (const [at, { bindings }] of commands.entries()) {
    for (const name in bindings) {
      const { pooled } = bindings[name] as { pooled: PooledBuffer };
      const use = uses.get(pooled);
      if (use) use.last = at;
      else uses.set(pooled, { first: at, last: at });
    }
  }
  const own = buffers.filter((pooled) => !pooled.place && (uses.has(pooled) || pooled.holds > 0));
  const { slots, slotOf } = placeLifetimes(
    own.map((pooled) => {
      const { first, last } = uses.get(pooled) ?? { first: 0, last: 0 };
      return { bytes: pooled.bytes, first, last: pooled.holds > 0 ? Number.POSITIVE_INFINITY : last };
    }),
  );
  const held: PooledBuffer[] = [];
  try {
    for (const [slot, bytes] of slots.entries()) {
      const tenant = own[slotOf.findIndex((other, i) => other === slot && own[i]?.bytes === bytes)];
      const { label = "", shape = [], dtype = "" } = tenant?.owner ?? {};
      held.push(pool.acquire(bytes, { label: `captured step: ${label}`, shape, dtype }));
    }
    for (const [i, pooled] of own.entries()) {
      const place = held[slotOf[i] as number] as PooledBuffer;
      if (pooled.holds > 0) pool.hold(place);
      pool.settle(pooled, place);
    }
    const made = new Set(buffers);
    for (const pooled of uses.keys()) {
      const kept = made.has(pooled) ? pooled.place : pooled;
      if (!kept || held.includes(kept)) continue;
      pool.hold(kept);
      held.push(kept);
    }
    const program = new Program(device.gpu, recorder.pipelines, device.maxBindingBytes, commands);
    recorder.countProgram(program);
    let placedBytes = 0;
    for (const bytes of slots) placedBytes += bytes;
    return { program, held, placedBytes };
  } catch (error) {
    for (const pooled of held) pool.release(pooled);
    throw error;
  }
}
