// Turns result items into points in time with their own laboratory's range; no drawing.
// Invariant: numbers are read for placing only; what is written beside a point is the text as issued.

import { momentOf } from "../dates.js";

/** [{at (ms), value, text, bound: "<"|">"|null, low, high, source, item}] oldest first; others are left out. */
export function pointsOf(items) {
  return items
    .map((item) => {
      const value = Number.parseFloat(item.value?.number ?? "");
      const at = momentOf(item.date);
      if (Number.isNaN(value) || Number.isNaN(at)) return null;
      const bound = (item.value.comparator ?? "")[0] ?? null;
      return {
        at,
        value,
        text: `${item.value.comparator ?? ""}${item.value.number}`,
        bound,
        low: limit(item.range?.low),
        high: limit(item.range?.high),
        source: item.source ?? "",
        item,
      };
    })
    .filter(Boolean)
    .sort((a, b) => a.at - b.at);
}

function limit(text) {
  const value = Number.parseFloat(text ?? "");
  return Number.isNaN(value) ? null : value;
}

/**
 * The range to draw as one band: {low, high, sources: n} when every point that has a range has the same, else null.
 * `low` or `high` may be null: one-sided.
 */
export function commonRange(points) {
  const ranged = points.filter(({ low, high }) => low !== null || high !== null);
  if (ranged.length === 0) return null;
  const [{ low, high }] = ranged;
  if (ranged.some((point) => point.low !== low || point.high !== high)) return null;
  return { low, high, sources: new Set(ranged.map(({ source }) => source)).size, item: ranged[0].item };
}

/** Whether ranges are there and differ, so that each point needs its own bracket. */
export const rangesDiffer = (points) =>
  commonRange(points) === null && points.some(({ low, high }) => low !== null || high !== null);

/** Points in runs that one line may join: a stated change of method or specimen ends a run. */
export function runsOf(points) {
  const runs = [];
  for (const point of points) {
    const last = runs[runs.length - 1];
    if (last && !changed(last[last.length - 1].item, point.item)) last.push(point);
    else runs.push([point]);
  }
  return runs;
}

// "Not stated" keeps the line: only two stated and different ones are a known change.
const changed = (a, b) => ["method", "specimen"].some((name) => a[name] && b[name] && a[name] !== b[name]);

/** Which points get their value written: all up to 12, else newest, highest and lowest. */
export function labelled(points) {
  if (points.length <= 12) return new Set(points.keys());
  const order = [...points.keys()].sort((a, b) => points[a].value - points[b].value);
  return new Set([points.length - 1, order[0], order[order.length - 1]]);
}
