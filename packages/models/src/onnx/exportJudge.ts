/** @file The judgment path of a model as an ONNX file: images in, the two judgment logits and P(live) out. */

import { Ifas } from "../antispoof/ifas.ts";
import type { VitBinary } from "../antispoof/vitBinary.ts";
import { linear, perItem, reshape, rows } from "./layers.ts";
import { connectorGraph, lmGraph, lmLogitsGraph, vitGraph } from "./modelGraphs.ts";
import { encodeOnnx } from "./onnxFile.ts";
import { OnnxGraphBuilder, type OnnxValue } from "./onnxGraph.ts";

/** What the file says of itself beside the graph. */
export interface ExportOptions {
  /** Mean and deviation of each channel on [0, 1] that images are normalised by. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** P(live) from which the verdict is live. */
  readonly threshold?: number;
}

/**
 * Writes encoder, connector and judgment as one ONNX graph of operator set 20. Sentences are not a part of it.
 *
 * The graph takes `images` [B, 3, S, S] f32, normalised as in training, for any B, and gives `judgmentLogits` [B, 2] of
 * live and spoof, and `pLive` [B]. Channel order (RGB), mean, std, size and threshold stand in the file's metadata.
 *
 * @throws RangeError if the weights do not fit into 2 GiB
 */
export async function exportJudge(model: Ifas | VitBinary, options: ExportOptions): Promise<Uint8Array> {
  const graph = new OnnxGraphBuilder(await model.stateDict());
  const { imageSize } = model.config.vit;
  const logits = model instanceof Ifas ? ifasLogits(graph, model) : vitBinaryLogits(graph, model);
  graph.rename(logits, "judgmentLogits");
  const shares = graph.node("Softmax", [logits]); // [B, 2]
  graph.rename(reshape(graph, rows(graph, shares, 0, 1), [-1]), "pLive");
  return encodeOnnx(
    graph.finish(
      { images: ["B", 3, imageSize, imageSize] },
      { judgmentLogits: ["B", 2], pLive: ["B"] },
      {
        producer: "candor",
        method: model.config.method,
        channels: "RGB",
        size: String(imageSize),
        mean: options.mean.join(","),
        std: options.std.join(","),
        ...(options.threshold === undefined ? {} : { threshold: String(options.threshold) }),
      },
    ),
  );
}

/** [B, 2] */
function vitBinaryLogits(graph: OnnxGraphBuilder, { config }: VitBinary): OnnxValue {
  const { pooled } = vitGraph(graph, "vit", config.vit, "images");
  return reshape(graph, linear(graph, "head", pooled), [-1, 2]); // [B, 1, 2] -> [B, 2]
}

/** [B, 2]: image tokens, then the question; the logits behind its last token. */
function ifasLogits(graph: OnnxGraphBuilder, { config, connector }: Ifas): OnnxValue {
  const { question, yesId, noId } = config.prompt;
  const vision = vitGraph(graph, "vit", config.vit, "images");
  const image = connectorGraph(graph, "connector", config.connector, vision); // [B, M, W]
  const { data, shape } = graph.values("lm.tokens.weight");
  const [, width = 0] = shape;
  const words = new Float32Array(question.length * width);
  question.forEach((id, i) => words.set(data.subarray(id * width, (id + 1) * width), i * width));
  const text = perItem(
    graph,
    graph.constant(words, [question.length, width]),
    [question.length, width],
    image,
  );
  const x = graph.node("Concat", [image, text], { axis: 1 }); // [B, M + Q, W]
  const length = connector.tokenCount + question.length;
  const states = lmGraph(graph, "lm", config.lm, x, { length, prefix: length - 1 });
  const last = rows(graph, states, length - 1, length); // [B, 1, W]
  return reshape(graph, lmLogitsGraph(graph, "lm", config.lm, last, [yesId, noId]), [-1, 2]);
}
