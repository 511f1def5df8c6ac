/** @file Reads the part of the ONNX format that the face detector needs: nodes, attributes and weights. */

/** A tensor of weights. */
export interface OnnxTensor {
  shape: number[];
  data: Float32Array | number[];
}

/** One operation. */
export interface OnnxNode {
  op: string;
  inputs: string[];
  outputs: string[];
  /** Whole numbers, lists of them, or a float. */
  attributes: Record<string, number | number[] | string | OnnxTensor>;
}

/** A network. */
export interface OnnxModel {
  nodes: OnnxNode[];
  weights: Map<string, OnnxTensor>;
  input: string;
  outputs: string[];
}

/**
 * Parses an ONNX file.
 * @param bytes the file
 * @throws Error if it is cut off or holds a weight of another type than f32 and i64
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = fields(bytes);
  const graph = fields(one(model, 7));
  const weights = new Map(
    all(graph, 5).map((tensor) => {
      const parts = fields(tensor);
      return [text(one(parts, 8)), readTensor(parts)] as const;
    }),
  );
  const names = (field: number): string[] => all(graph, field).map((value) => text(one(fields(value), 1)));
  const input = names(11).find((name) => !weights.has(name));
  if (!input) throw new Error("[onnx] the network has no input");
  return { nodes: all(graph, 1).map(readNode), weights, input, outputs: names(12) };
}

function readNode(bytes: Uint8Array): OnnxNode {
  const parts = fields(bytes);
  const attributes: OnnxNode["attributes"] = {};
  for (const attribute of all(parts, 5)) {
    const field = fields(attribute);
    attributes[text(one(field, 1))] = attributeValue(field);
  }
  return {
    op: text(one(parts, 4)),
    inputs: all(parts, 1).map(text),
    outputs: all(parts, 2).map(text),
    attributes,
  };
}

function attributeValue(field: Fields): OnnxNode["attributes"][string] {
  const list = field.get(8);
  if (list) return wholes(list);
  const tensor = field.get(5)?.[0];
  if (tensor instanceof Uint8Array) return readTensor(fields(tensor));
  const word = field.get(4)?.[0];
  if (word instanceof Uint8Array) return text(word);
  const whole = field.get(3)?.[0];
  if (typeof whole === "number") return whole;
  const float = field.get(2)?.[0];
  return float instanceof Uint8Array ? new DataView(float.buffer, float.byteOffset).getFloat32(0, true) : 0;
}

function readTensor(parts: Fields): OnnxTensor {
  const shape = wholes(parts.get(1));
  const type = parts.get(2)?.[0];
  const raw = parts.get(9)?.[0];
  if (type === 7) {
    return {
      shape,
      data:
        raw instanceof Uint8Array ? [...new BigInt64Array(aligned(raw))].map(Number) : wholes(parts.get(7)),
    };
  }
  if (type !== 1 || !(raw instanceof Uint8Array)) {
    throw new Error(`[onnx] a weight of type ${type} must be i64 (7) or raw f32 (1)`);
  }
  return { shape, data: new Float32Array(aligned(raw)) };
}

/** A copy starts at an address that any type of number allows, whatever the place in the file. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function wholes(values: readonly (number | Uint8Array)[] | undefined): number[] {
  return (values ?? []).flatMap((value) => (typeof value === "number" ? [value] : varints(value)));
}

/** Protocol buffer fields by number: whole numbers, or bytes. */
type Fields = Map<number, (number | Uint8Array)[]>;

function fields(bytes: Uint8Array): Fields {
  const found: Fields = new Map();
  let at = 0;
  while (at < bytes.length) {
    const [key, afterKey] = varint(bytes, at);
    const [number, wire] = [Math.floor(key / 8), key % 8];
    let value: number | Uint8Array;
    if (wire === 0) [value, at] = varint(bytes, afterKey);
    else {
      const [length, start] = wire === 2 ? varint(bytes, afterKey) : [wire === 5 ? 4 : 8, afterKey];
      if (start + length > bytes.length || (wire !== 1 && wire !== 2 && wire !== 5)) {
        throw new Error(`[onnx] the file is cut off or no ONNX file (field ${number} at byte ${at})`);
      }
      value = bytes.subarray(start, start + length);
      at = start + length;
    }
    const list = found.get(number);
    if (list) list.push(value);
    else found.set(number, [value]);
  }
  return found;
}

/** A number, and the place after it. Negative numbers, which take ten bytes, come out as such. */
function varint(bytes: Uint8Array, start: number): [number, number] {
  let value = 0n;
  for (let at = start, shift = 0n; at < bytes.length && shift < 70n; at++, shift += 7n) {
    const byte = bytes[at] as number;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [Number(BigInt.asIntN(64, value)), at + 1];
  }
  throw new Error(`[onnx] the file is cut off or no ONNX file (byte ${start})`);
}

function varints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, next] = varint(bytes, at);
    values.push(value);
    at = next;
  }
  return values;
}

function all(parts: Fields, number: number): Uint8Array[] {
  return (parts.get(number) ?? []).filter((value) => value instanceof Uint8Array);
}

function one(parts: Fields, number: number): Uint8Array {
  const [found] = all(parts, number);
  if (!found) throw new Error(`[onnx] the file lacks field ${number}: it is cut off or no ONNX file`);
  return found;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
