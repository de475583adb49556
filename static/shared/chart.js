// Draws a series of results to scale in time, beside the ranges that each laboratory issued.
// screens: x is time to scale; the table beside it says the same in words. Parts: chart/, marks.js.

export { seriesChart } from "./chart/series.js";
export { spark } from "./chart/spark.js";
export { markNode, marksFor } from "./marks.js";
