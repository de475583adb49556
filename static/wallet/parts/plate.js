// The first character of the registered name, never a logo.

import { h } from "../../shared/dom.js";
import { named } from "../../shared/i18n.js";

export const plate = (institution) => h(
  "span", { class: "plate", "aria-hidden": "true" }, institution ? [...named(institution.name)][0] : "?",
);

export const plateRow = (institution, name, ...lines) => h(
  "div", { class: "plate-row" }, plate(institution),
  h("div", {}, h("h2", { class: "place" }, name), lines.filter(Boolean).map((line) => h("p", { class: "meta" }, line))),
);
