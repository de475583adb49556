// The three digits that two people compare: one tile a digit, read out digit by digit.

import { h } from "./dom.js";

/** Tiles for "407"; null shows three empty ones (still waiting). */
export function digits(text) {
  const shown = text ?? "   ";
  return h("div", { class: "digits", role: "img", "aria-label": [...(text ?? "")].join(" ") || "…" },
    [...shown].map((digit) => h("span", { class: "digit", "aria-hidden": "true" }, digit)));
}
