/** @file Metrics, score files, protocols and reports of the benchmark. */
export { distinctN } from "./explanations/distinctN.ts";
export { judgeExplanations } from "./explanations/judgeExplanations.ts";
export type { ExplanationFigures } from "./explanations/judgeExplanations.ts";
export { auc } from "./metrics/auc.ts";
export { bootstrapInterval } from "./metrics/bootstrap.ts";
export type { BootstrapOptions, Interval } from "./metrics/bootstrap.ts";
export { eerOperatingPoint, equalErrorRate, thresholdAtEer } from "./metrics/equalErrorRate.ts";
export { errorSweep } from "./metrics/errorSweep.ts";
export type { OperatingPoint } from "./metrics/errorSweep.ts";
export { hterAt, hterFlipGrid, hterLiterature } from "./metrics/hter.ts";
export type { Hter } from "./metrics/hter.ts";
export { judgeSamples } from "./metrics/judgeSamples.ts";
export type { Judgement, JudgeOptions } from "./metrics/judgeSamples.ts";
export { MetricError } from "./metrics/metricError.ts";
export { presentationErrors } from "./metrics/presentationErrors.ts";
export type { PresentationErrors } from "./metrics/presentationErrors.ts";
export type { ScoredSample } from "./metrics/scoredSample.ts";
export { tprAtFpr } from "./metrics/tprAtFpr.ts";
export type { PositiveClass, TprAtFprOptions } from "./metrics/tprAtFpr.ts";
export { videoScores } from "./metrics/videoScores.ts";
export { planOneToEleven } from "./protocols/oneToEleven.ts";
export type { ScoringPlan } from "./protocols/oneToEleven.ts";
export { ProtocolError } from "./protocols/protocolError.ts";
export { runOneToEleven } from "./protocols/runOneToEleven.ts";
export type {
  OneToElevenResult,
  OpenedRun,
  RunOneToElevenOptions,
  RunRequest,
} from "./protocols/runOneToEleven.ts";
export { scoreRows } from "./protocols/scoreRows.ts";
export type { Predictor, ScoreRowsOptions } from "./protocols/scoreRows.ts";
export { buildReport } from "./report/buildReport.ts";
export type { BuildReportOptions } from "./report/buildReport.ts";
export type { CrossDomainReport, DomainResult, RunResult, SampleVerdict } from "./report/report.ts";
export { ReportError } from "./report/reportError.ts";
export { renderHtml } from "./report/renderHtml.ts";
export { renderMarkdown } from "./report/renderMarkdown.ts";
export { renderTerminal } from "./report/renderTerminal.ts";
export { writeReport } from "./report/writeReport.ts";
export { readScores } from "./scores/readScores.ts";
export type { ScoreFile, ScoreMetadata, ScoreRow } from "./scores/scoreFile.ts";
export { ScoreFileError } from "./scores/scoreFileError.ts";
export { writeScores } from "./scores/writeScores.ts";
