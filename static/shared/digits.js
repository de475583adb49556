// Shows the three digits that two people compare: white tiles, empty while nobody has scanned.

import { h } from "./dom.js";
import { t } from "./i18n.js";

/** `text`: "407", or null for three empty tiles. */
export function digits(text, { small = false } = {}) {
  const figures = text ? [...text] : ["", "", ""];
  return h(
    "div",
    {
      class: small ? "digits small" : "digits",
      role: "img",
      "aria-label": text ? t("digits.label", { digits: figures.join(" ") }) : t("digits.none"),
    },
    figures.map((figure) => h("span", { class: figure ? "digit" : "digit empty" }, figure)),
  );
}
