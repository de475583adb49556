// One mark for each institution on a page: the same in strip, chart, list and table, told apart by shape.

import { s } from "./dom.js";

const SHAPES = ["disc", "diamond", "square", "triangle", "triangle-down"];

/** {institution id: shape} in the order given; after five the shapes come again. */
export const marksFor = (institutions) =>
  Object.fromEntries([...new Set(institutions)].map((id, place) => [id, SHAPES[place % SHAPES.length]]));

/** A mark as SVG content centred on (x, y); `open` hollows it, for values that are only bounds. */
export function markAt(shape, x, y, { radius = 5.5, open = false } = {}) {
  const tone = `mark-${shape}${open ? " open" : ""}`;
  const line = { class: tone, "stroke-width": 1.9, "stroke-linejoin": "round" };
  if (shape === "disc") return s("circle", { cx: x, cy: y, r: radius - 0.5, ...line });
  const at = (dx, dy) => `${(x + dx * radius).toFixed(1)} ${(y + dy * radius).toFixed(1)}`;
  const corners = {
    diamond: [
      [0, -1.1],
      [1.1, 0],
      [0, 1.1],
      [-1.1, 0],
    ],
    square: [
      [-0.8, -0.8],
      [0.8, -0.8],
      [0.8, 0.8],
      [-0.8, 0.8],
    ],
    triangle: [
      [0, -1],
      [1, 0.8],
      [-1, 0.8],
    ],
    "triangle-down": [
      [0, 1],
      [1, -0.8],
      [-1, -0.8],
    ],
  }[shape];
  return s("path", { d: `M${corners.map(([dx, dy]) => at(dx, dy)).join("L")}Z`, ...line });
}

/** The mark alone, for text. */
export const markNode = (shape) =>
  s(
    "svg",
    { class: "mark", viewBox: "0 0 16 16", "aria-hidden": "true" },
    markAt(shape ?? "disc", 8, 8, { radius: 6 }),
  );
