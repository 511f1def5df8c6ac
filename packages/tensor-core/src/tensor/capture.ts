/** @file A step that is recorded once and replayed: one encoder, one pass, no new buffers and no new bind groups. */

import type { Command } from "../kernel/command.ts";
import { type Chain, findChains, fuseChains } from "../kernel/fuseElementwise.ts";
import { MemoryError } from "../memory/memoryError.ts";
import { compareSteps } from "./compareSteps.ts";
import type { Device } from "./device.ts";
import { tensor } from "./create.ts";
import {
  buffersOutside,
  isTemporary,
  type PlacedStep,
  placeStep,
  type RecordedStep,
} from "./recordedStep.ts";
import { recordApart } from "./recordApart.ts";
import { showShape } from "./shape.ts";
import { describeInputs, dtypeOf, type StepInput } from "./stepInput.ts";
import { assertResults, type StepResults } from "./stepResults.ts";
import type { Tensor } from "./tensor.ts";
import { makesNoMemory } from "./withoutMemory.ts";

export interface CaptureOptions {
  /**
   * Join chains of elementwise ops into one kernel each, with the same bits; default true. Without, `device.profile` and
   * `device.trapNonFinite` tell such ops apart.
   */
  readonly fuse?: boolean;
}

/** What a captured step does for inputs of certain shapes. */
export interface StepReport {
  /** Names, shapes and dtypes of the inputs, by their names in order. */
  readonly inputs: string;
  /** Dispatches that the step recorded. */
  readonly recorded: number;
  /** Dispatches of a replay: what is missing was joined with another. */
  readonly dispatches: number;
  /** Memory of the tensors that the step makes. */
  readonly bytes: number;
}

interface Plan<R> extends PlacedStep {
  readonly step: RecordedStep;
  /** Dispatches of the step that are joined. */
  readonly chains: readonly Chain[];
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly results: R;
  /** Those of the results that the step made. */
  readonly owned: readonly Tensor[];
  /** What the next run does: run what is recorded, record again to compare, or replay. */
  next: "run" | "compare" | "replay";
}

interface Recorded<R> extends Omit<Plan<R>, keyof PlacedStep | "next"> {
  /** What a replay does. */
  readonly commands: readonly Command[];
}

/** Plans that a captured step keeps, for inputs of different shapes. */
const maxPlans = 8;
const tooManyPlans =
  `after the captured step that made it ran for ${maxPlans} other combinations of input shapes, the most that it keeps: ` +
  "read it before, or use fewer shapes";
const overBudget =
  "after the captured step that made it gave its memory to another combination of input shapes: read it before, or " +
  "raise memoryBudgetBytes";
const comparedAlone =
  "after the captured step that made it was recorded a second time, to be compared: use what run returns";
const stepDisposed = "after the captured step that made it was disposed of: read it before";

/** See {@link capture}. */
export class CapturedStep<I extends string, R extends StepResults> implements Disposable {
  readonly #device: Device;
  readonly #fn: (inputs: Readonly<Record<I, Tensor>>) => R;
  readonly #options: CaptureOptions;
  /** By shapes of the inputs, the one used last at the end. */
  readonly #plans = new Map<string, Plan<R>>();
  #preparing = false;
  #disposed = 0;

  /** @internal Use {@link capture}. */
  constructor(device: Device, fn: (inputs: Readonly<Record<I, Tensor>>) => R, options: CaptureOptions) {
    this.#device = device;
    this.#fn = fn;
    this.#options = options;
  }

  /** Plans made so far and kept, one for each combination of input shapes. */
  get plans(): number {
    return this.#plans.size;
  }

  /** What is done for each combination of input shapes that is kept, the one used last at the end. */
  report(): StepReport[] {
    return [...this.#plans].map(([inputs, { step, program, placedBytes }]) => ({
      inputs,
      recorded: step.commands.length,
      dispatches: program.dispatches,
      bytes: placedBytes,
    }));
  }

  /**
   * Records the step for inputs of these shapes and compiles its kernels side by side, so that the first run does not
   * wait for one after the other. Nothing runs, and no host work is done.
   *
   * @throws Error if the step cannot be recorded, or a kernel not compiled; nothing is kept then
   */
  async prepare(inputs: Readonly<Record<I, StepInput>>): Promise<void> {
    const key = describeInputs(inputs);
    if (this.#plans.has(key)) return;
    this.#assertReady();
    const recorded = this.#record(inputs);
    const { pool, recorder } = this.#device;
    // Their owners may let go of them while kernels compile, before the placed step holds them.
    const outside = buffersOutside(recorded.commands, recorded.step);
    for (const pooled of outside) pool.hold(pooled);
    this.#preparing = true;
    const disposed = this.#disposed;
    let wanted = false;
    try {
      await recorder.pipelines.prepare(recorded.commands.map(({ kernel }) => kernel));
      wanted = disposed === this.#disposed;
    } finally {
      this.#preparing = false;
      try {
        if (wanted) this.#place(key, recorded);
        else this.#giveBack(recorded);
      } finally {
        for (const pooled of outside) pool.release(pooled);
      }
    }
  }

  /**
   * Runs the step on new inputs. The first run for a combination of shapes records it, the second records it again and
   * compares; each later one writes the inputs and replays. Eight combinations are kept; a ninth, or one that the memory
   * budget has no room for, takes the place of the one that ran longest ago, which is recorded anew should it come again.
   *
   * @param inputs values by name; the names must be the same each time, in any order
   * @returns the step's results, the same tensors in each run of these shapes: read them before the next run
   * @throws TypeError if an input is no Float32Array, Int32Array or Uint32Array, or the step returns no tensors by name
   * @throws Error if the second run recorded something else than the first, or a module adopted another tensor for one that
   *         the step holds; nothing has run then
   * @throws Error where the backward pass runs a part of `checkpoint` again; the first run of the part has run it then
   * @throws MemoryError if the step does not fit the budget, though no other combination of shapes is kept
   * @throws what host work of the step throws, such as a schedule that gives no rate: no kernel has run then, but host work
   *         before it has, such as the count of another optimiser
   */
  run(inputs: Readonly<Record<I, StepInput>>): R {
    this.#assertReady();
    const key = describeInputs(inputs);
    const plan = this.#plans.get(key) ?? this.#place(key, this.#record(inputs));
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    assertCurrent(plan);
    for (const name in inputs) (plan.inputs[name] as Tensor).write(inputs[name].data);
    if (plan.next === "compare") this.#compare(plan);
    for (const { work } of plan.step.hostWork) work();
    if (plan.next === "run") plan.next = "compare";
    this.#device.recorder.replay(plan.program);
    return plan.results;
  }

  /** Frees the step's memory and its results; what is being prepared is freed when its kernels are compiled. */
  dispose(): void {
    this.#disposed++;
    for (const plan of this.#plans.values()) this.#free(plan, stepDisposed);
    this.#plans.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertReady(): void {
    this.#device.assertNotRecording("capture");
    if (makesNoMemory()) {
      throw new Error("[capture] a captured step has memory: measure the function that it was made of");
    }
    if (this.#device.repeating) {
      throw new Error(
        "[capture] a captured step cannot run in a part that the backward pass of checkpoint runs again, as it would run " +
          "twice: run it before that part, and pass its results as inputs",
      );
    }
    if (this.#preparing)
      throw new Error("[capture] await prepare() before the step is prepared or run again");
  }

  #record(inputs: Readonly<Record<I, StepInput>>): Recorded<R> {
    const record = () => {
      const written = {} as Record<I, Tensor>;
      try {
        for (const name in inputs) {
          const { data, shape } = inputs[name];
          written[name] = tensor(this.#device, data, shape, dtypeOf(name, data));
        }
        const recorded = this.#runRecorded(written, true);
        const { commands } = recorded.step;
        const chains =
          this.#options.fuse === false
            ? commands.map((_, at) => [at])
            : findChains(commands, isTemporary(recorded.step));
        return { inputs: written, ...recorded, chains, commands: fuseChains(commands, chains) };
      } catch (error) {
        for (const name in written) written[name].dispose();
        throw error;
      }
    };
    return this.#fitting(() => this.#device.unscoped(record));
  }

  #place(key: string, recorded: Recorded<R>): Plan<R> {
    const device = this.#device;
    const { commands, ...rest } = recorded;
    const { step } = rest;
    try {
      const placed = this.#fitting(() => placeStep(device, commands, step.buffers));
      const plan: Plan<R> = { ...rest, ...placed, next: "run" };
      this.#plans.set(key, plan);
      if (this.#plans.size > maxPlans) this.#freeOldest(tooManyPlans);
      return plan;
    } catch (error) {
      freeTensors(recorded, stepDisposed);
      throw error;
    } finally {
      for (const pooled of step.released) device.pool.release(pooled);
    }
  }

  /** Takes memory; where the budget has no more, plans give up theirs, the one that ran longest ago first. */
  #fitting<T>(take: () => T): T {
    this.#device.flush(); // throws what earlier work failed by, be it for want of memory
    for (;;) {
      try {
        return take();
      } catch (error) {
        if (!(error instanceof MemoryError) || this.#plans.size === 0) throw error;
        this.#freeOldest(overBudget);
      }
    }
  }

  /** @param why as for `#free` */
  #freeOldest(why: string): void {
    const [oldest] = this.#plans;
    if (!oldest) return;
    this.#plans.delete(oldest[0]);
    this.#free(oldest[1], why);
  }

  /** Frees what was recorded and will not run. */
  #giveBack(recorded: Recorded<R>): void {
    freeTensors(recorded, stepDisposed);
    for (const pooled of recorded.step.released) this.#device.pool.release(pooled);
  }

  /** @param runs false where the step is recorded to be compared alone */
  #runRecorded(inputs: Readonly<Record<I, Tensor>>, runs: boolean) {
    const device = this.#device;
    const owned: Tensor[] = [];
    const record = () => {
      using scope = device.scope();
      const found = recordApart(() => this.#fn(inputs));
      assertResults(found);
      for (const result of Object.values(found)) if (scope.remove(result)) owned.push(result);
      return found;
    };
    const { value: results, step } = device.record(record, runs);
    return { results, step, owned };
  }

  /** Records the step again: what is constant within it must be the same in every run. */
  #compare(plan: Plan<R>): void {
    const device = this.#device;
    const { results, step, owned } = device.unscoped(() =>
      this.#runRecorded(plan.inputs as Readonly<Record<I, Tensor>>, false),
    );
    const difference = compareSteps(plan, { step, results });
    for (const result of owned) result.free(comparedAlone);
    for (const pooled of step.released) device.pool.release(pooled);
    if (difference) throw new Error(`[capture] ${difference}`);
    plan.step.constants.clear();
    // Host work sets what the uniforms of the same recording read.
    plan.step.hostWork.splice(0, Number.POSITIVE_INFINITY, ...step.hostWork);
    plan.program.takeUniforms(fuseChains(step.commands, plan.chains));
    plan.next = "replay";
  }

  /** @param why what is said of results that are used after */
  #free(plan: Plan<R>, why: string): void {
    this.#device.recorder.flush();
    plan.program.destroy();
    freeTensors(plan, why);
    for (const pooled of plan.held) this.#device.pool.release(pooled);
  }
}

/**
 * Makes a step that is recorded once for each combination of input shapes and then replayed, without running `fn` again:
 * its dispatches are encoded in one pass, over the same buffers and bind groups.
 *
 *     const step = capture(device, ({ images, labels }: Record<"images" | "labels", Tensor>) => {
 *       const { value, grads } = valueAndGrad(() => loss(images, labels), parameters);
 *       optimizer.step(grads, warmupCosine({ peak: 1e-3, totalSteps: 1000 }));
 *       return { loss: value };
 *     });
 *     const { loss } = step.run({ images: { shape, data }, labels: { shape: [32], data: ids } });
 *
 * What differs between runs must be an input, a uniform given as a function, or a tensor that kernels change in place,
 * as parameters are. Numbers and host values inside `fn` are those of the first run in all others; the second run is
 * recorded again and compared, so that one that changes is an error. Host work that each run needs goes into
 * `device.eachStep`, which does it before each run and not while the step is recorded. Within `fn` nothing can be read.
 * It knows of no tape around a run: to that one the results are constants.
 *
 * Memory of tensors inside the step is planned: those that are never in use at once share it, and what only passes from one elementwise op to the next needs none: they become one kernel,
 * which `CapturedStep.report` counts. `device.profile` and `device.trapNonFinite` look into replays too.
 *
 * @param fn called once or twice for each combination of input shapes, and anew for one that was given up
 */
export function capture<I extends string, R extends StepResults>(
  device: Device,
  fn: (inputs: Readonly<Record<I, Tensor>>) => R,
  options: CaptureOptions = {},
): CapturedStep<I, R> {
  return new CapturedStep(device, fn, options);
}

/** The step would go on with values that its model no longer has. */
function assertCurrent({ held }: PlacedStep): void {
  for (const { owner } of held) {
    if (owner.replaced === undefined) continue;
    throw new Error(
      `[capture] the step holds the former ${owner.replaced} ${showShape(owner.shape)}, in whose place the model adopted ` +
        "another tensor: dispose of the step and capture it anew",
    );
  }
}

/** @param why what is said of those that are used after */
function freeTensors({ owned, inputs }: Pick<Plan<StepResults>, "owned" | "inputs">, why: string): void {
  for (const result of owned) result.free(why);
  for (const name in inputs) inputs[name]?.free(why);
}
