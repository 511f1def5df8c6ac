/** @file Runs a small convolutional network on one thread: the operations that BlazeFace has, and no others. */
import type { OnnxModel, OnnxNode, OnnxTensor } from "./onnxModel.ts";

/** So many pixels are gathered at once: their values lie side by side in memory, those of channels far apart. */
const block = 16;

/** Values between two operations: [C, H, W], or the shape that the network gives its outputs. */
export interface Activation {
  shape: number[];
  data: Float32Array;
}

/**
 * Runs the network on one image.
 * @param model the network, with an input [1, H, W, 3]
 * @param input [H, W, 3]
 * @returns the outputs by their names, flattened
 * @throws Error if the network has an operation that is not known here
 */
export function runNetwork(model: OnnxModel, input: Activation): Map<string, Float32Array> {
  const values = new Map<string, Activation>([[model.input, input]]);
  for (const node of model.nodes) values.set(node.outputs[0] as string, apply(node, model, values));
  return new Map(model.outputs.map((name) => [name, (values.get(name) as Activation).data]));
}

function apply(node: OnnxNode, model: OnnxModel, values: ReadonlyMap<string, Activation>): Activation {
  const value = (index: number): Activation => {
    const found = values.get(node.inputs[index] as string);
    if (!found)
      throw new Error(`[network] ${node.op} needs "${node.inputs[index]}", which no operation gives`);
    return found;
  };
  const weight = (index: number): OnnxTensor => {
    const found = model.weights.get(node.inputs[index] ?? "");
    if (!found) throw new Error(`[network] ${node.op} needs the weight "${node.inputs[index]}"`);
    return found;
  };
  switch (node.op) {
    case "Conv":
      return convolve(value(0), weight(1), node.inputs[2] ? weight(2).data : undefined, node);
    case "Relu":
      return rectify(value(0));
    case "Add":
      return add(value(0), value(1));
    case "MaxPool":
      return maxPool(value(0));
    case "ConstantOfShape": {
      const [, c = 0, h = 0, w = 0] = weight(0).data as number[];
      return { shape: [c, h, w], data: new Float32Array(c * h * w) };
    }
    case "Concat":
      return concatenate(value(0), value(1));
    case "Transpose":
      return transpose(value(0), node.attributes.perm as number[]);
    case "Reshape":
      return value(0);
    default:
      throw new Error(`[network] the operation ${node.op} is not known`);
  }
}

function rectify(x: Activation): Activation {
  const data = new Float32Array(x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = Math.max(0, x.data[i] as number);
  return { shape: x.shape, data };
}

function add(a: Activation, b: Activation): Activation {
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = (a.data[i] as number) + (b.data[i] as number);
  return { shape: a.shape, data };
}

/** Channels of `a`, then those of `b`. */
function concatenate(a: Activation, b: Activation): Activation {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { shape: [(a.shape[0] as number) + (b.shape[0] as number), ...a.shape.slice(1)], data };
}

/** Between [H, W, C] and [C, H, W], the only two orders of the network. */
function transpose(x: Activation, order: readonly number[]): Activation {
  const [a = 0, b = 0, c = 0] = x.shape;
  const toPlanes = order[1] === 3;
  const [pixels, channels] = toPlanes ? [a * b, c] : [b * c, a];
  const data = new Float32Array(x.data.length);
  for (let p = 0; p < pixels; p++) {
    for (let k = 0; k < channels; k++) {
      if (toPlanes) data[k * pixels + p] = x.data[p * channels + k] as number;
      else data[p * channels + k] = x.data[k * pixels + p] as number;
    }
  }
  return { shape: toPlanes ? [c, a, b] : [b, c, a], data };
}

/** 2 x 2 with stride 2. */
function maxPool(x: Activation): Activation {
  const [c = 0, h = 0, w = 0] = x.shape;
  const [oh, ow] = [h >> 1, w >> 1];
  const data = new Float32Array(c * oh * ow);
  for (let k = 0, out = 0; k < c; k++) {
    for (let y = 0; y < oh; y++) {
      let at = (k * h + 2 * y) * w;
      for (let i = 0; i < ow; i++, at += 2) {
        data[out++] = Math.max(
          x.data[at] as number,
          x.data[at + 1] as number,
          x.data[at + w] as number,
          x.data[at + w + 1] as number,
        );
      }
    }
  }
  return { shape: [c, oh, ow], data };
}

function convolve(
  x: Activation,
  weight: OnnxTensor,
  bias: OnnxTensor["data"] | undefined,
  node: OnnxNode,
): Activation {
  const [out = 0, perGroup = 0, kh = 0, kw = 0] = weight.shape;
  const [c = 0, h = 0, w = 0] = x.shape;
  const [stride = 1] = (node.attributes.strides ?? [1, 1]) as number[];
  const [top = 0, left = 0, bottom = 0, right = 0] = (node.attributes.pads ?? [0, 0, 0, 0]) as number[];
  const shape: [number, number, number] = [
    out,
    Math.floor((h + top + bottom - kh) / stride) + 1,
    Math.floor((w + left + right - kw) / stride) + 1,
  ];
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  const kernel = weight.data as Float32Array;
  const padded = pad(x, top, left, bottom, right);
  if (perGroup === c) dense(padded, kernel, kh, kw, stride, data, shape);
  else for (let k = 0; k < out; k++) depthwise(padded, kernel, k, kh, kw, stride, data, shape);
  if (bias) addBias(data, bias, shape);
  return { shape, data };
}

function addBias(
  data: Float32Array,
  bias: OnnxTensor["data"],
  shape: readonly [number, number, number],
): void {
  const pixels = shape[1] * shape[2];
  for (let k = 0; k < shape[0]; k++) {
    const b = bias[k] as number;
    for (let at = k * pixels; at < (k + 1) * pixels; at++) data[at] = (data[at] as number) + b;
  }
}

/**
 * Every output channel from every input channel. What a pixel's window holds is brought side by side first, so that
 * the inner loop reads memory in order; four sums share each value.
 */
function dense(
  x: Activation,
  weight: Float32Array,
  kh: number,
  kw: number,
  stride: number,
  out: Float32Array,
  shape: readonly [number, number, number],
): void {
  const [channels = 0, h = 0, w = 0] = x.shape;
  const [outputs, oh, ow] = shape;
  const pixels = oh * ow;
  const length = channels * kh * kw;
  const columns = new Float32Array(block * length);
  const last = (outputs - 1) * length;
  for (let start = 0; start < pixels; start += block) {
    const end = Math.min(start + block, pixels);
    for (let i = 0, filled = 0; i < channels; i++) {
      for (let dy = 0; dy < kh; dy++) {
        for (let dx = 0; dx < kw; dx++, filled++) {
          const from = (i * h + dy) * w + dx;
          for (let p = start; p < end; p++) {
            const at = from + Math.floor(p / ow) * stride * w + (p % ow) * stride;
            columns[(p - start) * length + filled] = x.data[at] as number;
          }
        }
      }
    }
    for (let p = start; p < end; p++) {
      const column = (p - start) * length;
      for (let k = 0; k < outputs; k += 4) {
        const w0 = k * length;
        // Rows past the last one repeat it; their sums are dropped.
        const w1 = Math.min(w0 + length, last);
        const w2 = Math.min(w0 + 2 * length, last);
        const w3 = Math.min(w0 + 3 * length, last);
        let s0 = 0;
        let s1 = 0;
        let s2 = 0;
        let s3 = 0;
        for (let i = 0; i < length; i++) {
          const v = columns[column + i] as number;
          s0 += v * (weight[w0 + i] as number);
          s1 += v * (weight[w1 + i] as number);
          s2 += v * (weight[w2 + i] as number);
          s3 += v * (weight[w3 + i] as number);
        }
        const at = k * pixels + p;
        out[at] = s0;
        if (k + 1 < outputs) out[at + pixels] = s1;
        if (k + 2 < outputs) out[at + 2 * pixels] = s2;
        if (k + 3 < outputs) out[at + 3 * pixels] = s3;
      }
    }
  }
}

function pad(x: Activation, top: number, left: number, bottom: number, right: number): Activation {
  if (top + left + bottom + right === 0) return x;
  const [c = 0, h = 0, w = 0] = x.shape;
  const [ph, pw] = [h + top + bottom, w + left + right];
  const data = new Float32Array(c * ph * pw);
  for (let k = 0; k < c; k++) {
    for (let y = 0; y < h; y++) {
      data.set(x.data.subarray((k * h + y) * w, (k * h + y + 1) * w), (k * ph + y + top) * pw + left);
    }
  }
  return { shape: [c, ph, pw], data };
}

/** One output channel from the input channel of the same number. */
function depthwise(
  x: Activation,
  kernel: Float32Array,
  channel: number,
  kh: number,
  kw: number,
  stride: number,
  out: Float32Array,
  shape: readonly [number, number, number],
): void {
  const [, h = 0, w = 0] = x.shape;
  const [, oh, ow] = shape;
  for (let y = 0; y < oh; y++) {
    const to = (channel * oh + y) * ow;
    for (let i = 0; i < ow; i++) {
      let sum = 0;
      for (let dy = 0; dy < kh; dy++) {
        const from = (channel * h + y * stride + dy) * w + i * stride;
        const weights = (channel * kh + dy) * kw;
        for (let dx = 0; dx < kw; dx++)
          sum += (kernel[weights + dx] as number) * (x.data[from + dx] as number);
      }
      out[to + i] = sum;
    }
  }
}
