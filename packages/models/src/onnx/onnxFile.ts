/** @file Writes ONNX files: protocol buffers of ONNX IR 9 (onnx.proto3), operator set 20. */

type Bytes = Uint8Array | string;

/** A field whose value has a length. */
function block(field: number, value: Bytes): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function whole(field: number, value: number): Uint8Array {
  return concat([varint(field << 3), varint(value)]);
}

function float(field: number, value: number): Uint8Array {
  return concat([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// TensorProto.DataType
const [float32, int64] = [1, 7];

/** An attribute of a node: a float where it is one of `{ float }`, else a whole number, a list of them, or a text. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

/** One operation. */
export interface OnnxNode {
  readonly op: string;
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: string;
}

/** A stored tensor: f32, or i64 as shapes and indices are. */
export interface OnnxWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** A graph over f32 inputs and outputs. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Shapes by name; a text is a dimension that may differ from run to run. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly weights?: Readonly<Record<string, OnnxWeight>>;
  /** Texts that readers of the file find beside the graph. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Encodes a graph as a ModelProto.
 *
 * @throws RangeError if it takes 2 GiB or more, which protocol buffers cannot hold
 */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const weights = Object.entries(graph.weights ?? {});
  const bytes = weights.reduce((total, [, { data }]) => total + data.byteLength, 0);
  if (bytes >= 2 ** 31) {
    throw new RangeError(
      `[encodeOnnx] ${(bytes / 2 ** 30).toFixed(1)} GiB of weights do not fit into one ONNX file, which ends at 2 GiB`,
    );
  }
  const body = concat([
    ...graph.nodes.map((node) => block(1, encodeNode(node))),
    block(2, "graph"),
    ...weights.map(([name, weight]) => block(5, encodeWeight(name, weight))),
    ...Object.entries(graph.inputs).map(([name, shape]) => block(11, encodeValue(name, shape))),
    ...Object.entries(graph.outputs).map(([name, shape]) => block(12, encodeValue(name, shape))),
  ]);
  return concat([
    whole(1, 9),
    block(7, body),
    block(8, whole(2, 20)),
    block(8, concat([block(1, "com.microsoft"), whole(2, 1)])),
    ...Object.entries(graph.metadata ?? {}).map(([key, value]) =>
      block(14, concat([block(1, key), block(2, value)])),
    ),
  ]);
}

function encodeWeight(name: string, { shape, data }: OnnxWeight): Uint8Array {
  return concat([
    ...shape.map((dim) => whole(1, dim)),
    whole(2, data instanceof Float32Array ? float32 : int64),
    block(8, name),
    block(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function encodeNode({ op, inputs, outputs, attributes = {}, domain }: OnnxNode): Uint8Array {
  return concat([
    ...inputs.map((name) => block(1, name)),
    ...outputs.map((name) => block(2, name)),
    block(4, op),
    ...Object.entries(attributes).map(([name, value]) => block(5, encodeAttribute(name, value))),
    ...(domain === undefined ? [] : [block(7, domain)]),
  ]);
}

function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  if (typeof value === "number") return concat([block(1, name), whole(3, value), whole(20, 2)]);
  if (typeof value === "string") return concat([block(1, name), block(4, value), whole(20, 3)]);
  if ("float" in value) return concat([block(1, name), float(2, value.float), whole(20, 1)]);
  return concat([block(1, name), ...value.map((item) => whole(8, item)), whole(20, 7)]);
}

function encodeValue(name: string, shape: readonly (number | string)[]): Uint8Array {
  const dims = concat(shape.map((dim) => block(1, typeof dim === "string" ? block(2, dim) : whole(1, dim))));
  const tensor = concat([whole(1, float32), block(2, dims)]);
  return concat([block(1, name), block(2, block(1, tensor))]);
}
