/** @file Metrics, score files, protocols and reports of the benchmark. */
export { distinctN } from "./explanations/distinctN.ts";
export { judgeExplanations } from "./explanations/judgeExplanations.ts";
export type { ExplanationFigures, NamingFigures } from "./explanations/judgeExplanations.ts";
export { auc } from "./metrics/auc.ts";
export { bootstrapInterval } from "./metrics/bootstrap.ts";
export type { BootstrapOptions, Interval } from "./metrics/bootstrap.ts";
export { conventions } from "./metrics/conventions/conventions.ts";
export type { Convention, ConventionFigure } from "./metrics/conventions/convention.ts";
export { eerOperatingPoint, equalErrorRate, thresholdAtEer } from "./metrics/equalErrorRate.ts";
export { errorSweep } from "./metrics/errorSweep.ts";
export type { OperatingPoint } from "./metrics/errorSweep.ts";
export { hterAt, hterFlipGrid, hterLiterature } from "./metrics/hter.ts";
export type { Hter } from "./metrics/hter.ts";
export { judgeSamples } from "./metrics/judgeSamples.ts";
export type { Judgement, JudgeOptions } from "./metrics/judgeSamples.ts";
export { MetricError } from "./metrics/metricError.ts";
export { delongTest } from "./metrics/paired/delong.ts";
export type { DelongTest } from "./metrics/paired/delong.ts";
export { mcnemarTest } from "./metrics/paired/mcnemar.ts";
export type { McnemarTest } from "./metrics/paired/mcnemar.ts";
export { pairedDifference } from "./metrics/paired/pairedDifference.ts";
export type { PairedDifference, PairedDomain } from "./metrics/paired/pairedDifference.ts";
export { presentationErrors } from "./metrics/presentationErrors.ts";
export type { PresentationErrors } from "./metrics/presentationErrors.ts";
export type { ScoredSample } from "./metrics/scoredSample.ts";
export { tprAtFpr } from "./metrics/tprAtFpr.ts";
export type { PositiveClass, TprAtFprOptions } from "./metrics/tprAtFpr.ts";
export { videoScores } from "./metrics/videoScores.ts";
export { planOneToEleven } from "./protocols/oneToEleven.ts";
export type { ScoringPlan } from "./protocols/oneToEleven.ts";
export { foldRows } from "./protocols/foldRows.ts";
export type { FoldRows, FoldRowsOptions } from "./protocols/foldRows.ts";
export { planJobs } from "./protocols/jobs/planJobs.ts";
export type { Job, Variant } from "./protocols/jobs/planJobs.ts";
export { foldsFor, protocols } from "./protocols/protocols.ts";
export type { Fold, Protocol, SplitRule } from "./protocols/protocols.ts";
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
export { methodTable } from "./report/methodTable.ts";
export type { MethodCell, MethodRow, MethodTable, SeedFigure } from "./report/methodTable.ts";
export { renderMethodLatex, renderMethodMarkdown } from "./report/renderMethodTable.ts";
export { writeReports } from "./report/writeReports.ts";
export type { WriteReportsOptions, WrittenReports } from "./report/writeReports.ts";
export { ReportError } from "./report/reportError.ts";
export { renderHtml } from "./report/renderHtml.ts";
export { renderMarkdown } from "./report/renderMarkdown.ts";
export { renderTerminal } from "./report/renderTerminal.ts";
export { writeReport } from "./report/writeReport.ts";
export { readScores } from "./scores/readScores.ts";
export type { ScoreFile, ScoreMetadata, ScoreRow } from "./scores/scoreFile.ts";
export { ScoreFileError } from "./scores/scoreFileError.ts";
export { writeScores } from "./scores/writeScores.ts";
