// A word-sized chart: band, line, last mark. Never the only carrier: the newest value stands beside it.

import { s } from "../dom.js";
import { markAt } from "../marks.js";
import { commonRange, pointsOf, runsOf } from "./points.js";
import { linear, valueDomain } from "./scales.js";

/** SVG of a series; null when there are fewer than two numbers to join. */
export function spark(items, { marks = {}, width = 84, height = 28 } = {}) {
  const points = pointsOf(items);
  if (points.length < 2) return null;
  const range = commonRange(points);
  const [low, high] = valueDomain(points, range);
  const newest = points[points.length - 1];
  const x = linear(points[0].at, newest.at, 4, width - 9);
  const y = linear(low, high, height - 3, 3);
  return s(
    "svg",
    { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    range ? band(range, y, width, height) : null,
    runsOf(points)
      .filter((run) => run.length > 1)
      .map((run) =>
        s("path", {
          class: "chart-line",
          d: `M${run.map((one) => `${x(one.at).toFixed(1)} ${y(one.value).toFixed(1)}`).join("L")}`,
        }),
      ),
    s("circle", { class: "mark-halo", cx: x(newest.at), cy: y(newest.value), r: 6 }),
    markAt(marks[newest.source] ?? "disc", x(newest.at), y(newest.value), { radius: 4.5 }),
  );
}

function band({ low, high }, y, width, height) {
  const top = high === null ? 0 : Math.max(0, y(high));
  const bottom = low === null ? height : Math.min(height, y(low));
  return s("rect", { class: "chart-band", x: 0, width, y: top, height: Math.max(2, bottom - top) });
}
