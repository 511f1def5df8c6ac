/** @file Writes small ONNX models by hand: protocol buffers of ONNX IR 9 (onnx.proto3), operator set 20. */

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
  return new Uint8Array(Buffer.concat(parts));
}

const float32 = 1;

/** An attribute of a node: a float where it is one of `{ float }`, else a whole number or a text. */
export type OnnxAttribute = number | string | { readonly float: number };

/** One operation. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: string;
}

/** A graph over f32 tensors. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  readonly weights?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
  >;
}

/** Encodes a graph as a ModelProto. */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const body = concat([
    ...graph.nodes.map((node) => block(1, encodeNode(node))),
    block(2, "graph"),
    ...Object.entries(graph.weights ?? {}).map(([name, { shape, data }]) =>
      block(
        5,
        concat([
          ...shape.map((dim) => whole(1, dim)),
          whole(2, float32),
          block(8, name),
          block(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
        ]),
      ),
    ),
    ...Object.entries(graph.inputs).map(([name, shape]) => block(11, encodeValue(name, shape))),
    ...Object.entries(graph.outputs).map(([name, shape]) => block(12, encodeValue(name, shape))),
  ]);
  return concat([
    whole(1, 9),
    block(7, body),
    block(8, whole(2, 20)),
    block(8, concat([block(1, "com.microsoft"), whole(2, 1)])),
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
  return concat([block(1, name), float(2, value.float), whole(20, 1)]);
}

function encodeValue(name: string, shape: readonly number[]): Uint8Array {
  const dims = concat(shape.map((dim) => block(1, whole(1, dim))));
  const tensor = concat([whole(1, float32), block(2, dims)]);
  return concat([block(1, name), block(2, block(1, tensor))]);
}
