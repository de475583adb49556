// Bars for counts: zero at the foot, whole steps, each part told apart by place, pattern and its number.
// The picture carries nothing that its one sentence and the table beside it do not say.

import { s } from "../../shared/dom.js";
import { linear, valueTicks } from "../../shared/chart/scales.js";

const PARTS = ["used", "undone", "repeated"];
const WIDTH = 720;

/** Three bars a month side by side. `months`: [{month, used, undone, repeated}]; `label` the sentence. */
export function monthBars(months, label, height = 260) {
  const most = Math.max(1, ...months.flatMap((month) => PARTS.map((part) => month[part])));
  const ticks = valueTicks(0, most, 4).filter(({ value }) => Number.isInteger(value));
  const box = { left: 40, right: WIDTH - 8, top: 16, bottom: height - 28 };
  const y = linear(0, Math.max(most, ticks[ticks.length - 1].value), box.bottom, box.top);
  const step = (box.right - box.left) / months.length;
  const bar = Math.min(28, (step * 0.72) / PARTS.length);
  const every = Math.ceil(64 / step);
  return s(
    "svg",
    { class: "bars", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label },
    patterns(),
    ticks.map(({ value }) => [
      s("line", { class: "chart-grid", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
      s("text", { class: "chart-label", x: box.left - 8, y: y(value) + 4.5, "text-anchor": "end" }, String(value)),
    ]),
    s("line", { class: "chart-axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    months.map((month, place) => {
      const middle = box.left + step * (place + 0.5);
      return [
        PARTS.map((part, nth) => column(part, month[part], middle + (nth - 1.5) * bar, bar, y, box.bottom)),
        (months.length - 1 - place) % every === 0
          ? s("text", { class: "chart-label", x: middle, y: box.bottom + 20, "text-anchor": "middle" }, month.month)
          : null,
      ];
    }),
  );
}

function column(part, count, x, width, y, foot) {
  if (count === 0) return null;
  return [
    s("rect", { class: `bar-${part}`, x: x + 1, y: y(count), width: width - 2, height: foot - y(count) }),
    width >= 12
      ? s("text", { class: "chart-value", x: x + width / 2, y: y(count) - 5, "text-anchor": "middle" }, String(count))
      : null,
  ];
}

/** One bar a reason, longest first; `words(reason)` stand over it. `reasons`: [[reason, count]]. */
export function reasonBars(reasons, words, label) {
  const row = 44;
  const most = Math.max(1, ...reasons.map(([, count]) => count));
  const x = linear(0, most, 0, WIDTH - 60);
  return s(
    "svg",
    { class: "bars", viewBox: `0 0 ${WIDTH} ${row * reasons.length}`, role: "img", "aria-label": label },
    patterns(),
    reasons.map(([reason, count], place) => [
      s("text", { class: "chart-label", x: 0, y: place * row + 14 }, words(reason)),
      s("rect", { class: "bar-repeated", x: 0, y: place * row + 20, width: x(count), height: 14 }),
      s("text", { class: "chart-value", x: x(count) + 8, y: place * row + 32 }, String(count)),
    ]),
  );
}

/** What a part looks like, for the legend. */
export const partSign = (part) =>
  s(
    "svg",
    { class: "bar-sign", viewBox: "0 0 16 16", "aria-hidden": "true" },
    patterns(),
    s("rect", { class: `bar-${part}`, x: 1, y: 1, width: 14, height: 14 }),
  );

// Stripes and dots beside plain colour: the parts stay apart in print and for every eye.
const patterns = () =>
  s(
    "defs",
    {},
    s(
      "pattern",
      { id: "stripes", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      s("rect", { class: "stripe-ground", width: 6, height: 6 }),
      s("rect", { class: "stripe", width: 3, height: 6 }),
    ),
  );
