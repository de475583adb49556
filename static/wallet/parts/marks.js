// One mark for each institution, the same in chart, list and legend: filled circle, hollow diamond, filled square.

import { h } from "../../shared/dom.js";

/** {institution id: 0, 1, 2, …} in the order of linking. */
export const marksOf = (wallet) => Object.fromEntries(wallet.links.map((link, place) => [link.institution, place]));

export const mark = (marks, institution) => h("span", { class: `mark mark-${(marks[institution] ?? 0) % 5}`, "aria-hidden": "true" });
