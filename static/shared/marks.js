// One mark an institution, the same in strip, chart, list and table: shape and colour, never colour alone.

import { s } from "./dom.js";

/** {institution id: 1…5} in the order of first appearance. */
export function marksOf(sources) {
  const marks = {};
  for (const source of sources) if (!(source in marks)) marks[source] = Math.min(5, Object.keys(marks).length + 1);
  return marks;
}

/** The shape of a mark at a place of a drawing; `hollow` for a result that is only a bound (< or >). */
export function markShape(mark, x, y, { hollow = false, size = 5 } = {}) {
  const look = `mark-${mark ?? 1}${hollow ? " mark-hollow" : ""}`;
  const corner = (dx, dy) => `${x + dx * size},${y + dy * size}`;
  if (mark === 2) return s("path", { class: look, d: `M${corner(0, -1.25)}L${corner(1.25, 0)}L${corner(0, 1.25)}L${corner(-1.25, 0)}Z` });
  if (mark === 3) return s("rect", { class: look, x: x - size, y: y - size, width: 2 * size, height: 2 * size });
  if (mark === 4) return s("path", { class: look, d: `M${corner(0, -1.2)}L${corner(1.2, 1)}L${corner(-1.2, 1)}Z` });
  if (mark === 5) return s("path", { class: look, d: `M${corner(0, 1.2)}L${corner(1.2, -1)}L${corner(-1.2, -1)}Z` });
  return s("circle", { class: look, cx: x, cy: y, r: size });
}

/** The mark as a small picture beside a name. */
export const markNode = (mark) => s("svg", { class: "mark", viewBox: "0 0 14 14", "aria-hidden": "true" },
  markShape(mark, 7, 7, { size: 4.8 }));
