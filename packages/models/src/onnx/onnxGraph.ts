/** @file Builds an ONNX graph node by node, from the parameters of a module. */

import type { HostTensor } from "@candor/tensor-core";
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxWeight } from "./onnxFile.ts";

/** A value of the graph, by its name. */
export type OnnxValue = string;

/** A graph that grows. */
export class OnnxGraphBuilder {
  readonly #parameters: ReadonlyMap<string, HostTensor>;
  readonly #nodes: OnnxNode[] = [];
  readonly #weights: Record<string, OnnxWeight> = {};

  /** @param parameters state dict of the module that is written */
  constructor(parameters: ReadonlyMap<string, HostTensor>) {
    this.#parameters = parameters;
  }

  /** Adds a node with one output, and returns it. */
  node(
    op: string,
    inputs: readonly OnnxValue[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): OnnxValue {
    const output = `${op}_${this.#nodes.length}`;
    this.#nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** Gives a value a name of the caller's choice. */
  rename(value: OnnxValue, name: string): void {
    this.#nodes.push({ op: "Identity", inputs: [value], outputs: [name] });
  }

  /** f32 numbers, or whole ones as shapes and indices are. */
  constant(data: Float32Array | readonly number[], shape?: readonly number[]): OnnxValue {
    const name = `constant_${Object.keys(this.#weights).length}`;
    const stored = data instanceof Float32Array ? data : BigInt64Array.from(data, BigInt);
    this.#weights[name] = { shape: shape ?? [data.length], data: stored };
    return name;
  }

  /** One f32 number. */
  scalar(value: number): OnnxValue {
    return this.constant(Float32Array.of(value), []);
  }

  /** A parameter as it is. */
  parameter(name: string): OnnxValue {
    this.#weights[name] ??= this.#stored(name);
    return name;
  }

  /** Whether the module has this parameter. */
  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  /** A parameter of two dimensions, turned over: [A, B] -> [B, A]. */
  transposed(name: string): OnnxValue {
    const turned = `${name}.transposed`;
    if (this.#weights[turned]) return turned;
    const { shape, data } = this.#stored(name);
    const [rows = 0, columns = 0] = shape;
    const out = new Float32Array(data.length);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c] as number;
    }
    this.#weights[turned] = { shape: [columns, rows], data: out };
    return turned;
  }

  /** Some rows of a parameter of two dimensions, turned over: [A, B] -> [B, rows]. */
  transposedRows(name: string, rows: readonly number[]): OnnxValue {
    const { shape, data } = this.#stored(name);
    const [, columns = 0] = shape;
    const out = new Float32Array(rows.length * columns);
    rows.forEach((row, r) => {
      for (let c = 0; c < columns; c++) out[c * rows.length + r] = data[row * columns + c] as number;
    });
    return this.constant(out, [columns, rows.length]);
  }

  /** The numbers of a parameter. */
  values(name: string): HostTensor {
    return this.#stored(name);
  }

  /** The graph so far. */
  finish(
    inputs: OnnxGraph["inputs"],
    outputs: OnnxGraph["outputs"],
    metadata: Readonly<Record<string, string>>,
  ): OnnxGraph {
    return { nodes: this.#nodes, inputs, outputs, weights: this.#weights, metadata };
  }

  #stored(name: string): HostTensor & { readonly data: Float32Array } {
    const found = this.#parameters.get(name);
    if (!found) throw new Error(`[onnx] the model has no parameter ${name}`);
    const { shape, data } = found;
    if (data instanceof Float32Array) return { shape, data };
    throw new Error(`[onnx] ${name} holds whole numbers, and only floats are written`);
  }
}
