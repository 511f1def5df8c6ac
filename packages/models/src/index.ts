/** @file The public surface of models. */

export * from "./antispoof/ifas.ts";
export * from "./antispoof/judge.ts";
export * from "./antispoof/promptConfig.ts";
export * from "./antispoof/vitBinary.ts";
export * from "./config.ts";
export * from "./configError.ts";
export * from "./connector/connector.ts";
export * from "./connector/connectorConfig.ts";
export * from "./connector/createConnector.ts";
export * from "./connector/gac.ts";
export * from "./connector/learnedQueryConnector.ts";
export * from "./connector/linearConnector.ts";
export * from "./createModel.ts";
export * from "./lm/lm.ts";
export * from "./lm/lmConfig.ts";
export * from "./losses/judgmentCrossEntropy.ts";
export * from "./losses/lopsidedLm.ts";
export * from "./starterConfig.ts";
export * from "./vit/vit.ts";
export * from "./vit/vitConfig.ts";
export * from "./weights/loadWeights.ts";
export * from "./weights/planWeights.ts";
export * from "./weights/weightLayout.ts";
export * from "./weights/weightsError.ts";
