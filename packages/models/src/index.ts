/** @file The public surface of models. */

export * from "./adaptation/estimateMemory.ts";
export {
  applyLora,
  LoraLinear,
  type LoraOptions,
  loraParts,
  type LoraSizes,
  loraNames,
} from "./adaptation/lora.ts";
export * from "./adaptation/loraFiles.ts";
export * from "./adaptation/loraMerge.ts";
export * from "./adaptation/parameterGroups.ts";
export * from "./adaptation/recomputeBlocks.ts";
export * from "./antispoof/debiasedScore.ts";
export * from "./antispoof/ifas.ts";
export * from "./antispoof/judge.ts";
export * from "./antispoof/postHocCalibration.ts";
export * from "./antispoof/promptConfig.ts";
export * from "./antispoof/vdd.ts";
export * from "./antispoof/vitBinary.ts";
export * from "./clip/clip.ts";
export * from "./clip/clipConfig.ts";
export * from "./clip/clipText.ts";
export * from "./clip/openClip.ts";
export * from "./clip/publishedClip.ts";
export * from "./config.ts";
export * from "./configError.ts";
export * from "./connector/connector.ts";
export * from "./connector/connectorConfig.ts";
export * from "./connector/createConnector.ts";
export * from "./connector/gac.ts";
export * from "./connector/learnedQueryConnector.ts";
export * from "./connector/linearConnector.ts";
export * from "./createModel.ts";
export * from "./layers/activation.ts";
export * from "./flip/flipConfig.ts";
export * from "./flip/flipIt.ts";
export * from "./flip/flipMcl.ts";
export * from "./flip/flipPrompts.ts";
export * from "./flip/flipV.ts";
export * from "./generation/generateTokens.ts";
export * from "./generation/lmDecoder.ts";
export * from "./generation/sampling.ts";
export * from "./lm/lm.ts";
export * from "./lm/lmCache.ts";
export * from "./lm/lmConfig.ts";
export * from "./lm/openLm.ts";
export * from "./lm/publishedLm.ts";
export * from "./losses/coarseToFine.ts";
export * from "./losses/contrastive.ts";
export * from "./losses/flipConsistency.ts";
export * from "./losses/fscClip.ts";
export * from "./losses/judgmentCrossEntropy.ts";
export * from "./losses/lopsidedLm.ts";
export * from "./onnx/exportJudge.ts";
export * from "./onnx/onnxFile.ts";
export * from "./starterConfig.ts";
export * from "./vit/openVit.ts";
export * from "./vit/openVision.ts";
export * from "./vit/publishedVit.ts";
export * from "./vit/publishedVitModel.ts";
export * from "./vit/resizePositions.ts";
export * from "./vit/vit.ts";
export * from "./vit/vitClassifier.ts";
export * from "./vit/vitConfig.ts";
export * from "./weights/loadWeights.ts";
export * from "./weights/modelFolder.ts";
export * from "./weights/planWeights.ts";
export * from "./weights/saveModel.ts";
export * from "./weights/weightLayout.ts";
export * from "./weights/weightsError.ts";
