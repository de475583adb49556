// The shield: shown only after this phone's own check passed; two sentences say what that means.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";

export const shieldLine = (words) => h("p", { class: "shield" }, icon("shield"), h("span", {}, words));

/** The shield with ⓘ; `open` says whether the two sentences are shown. */
export function explainedShield({ words, open, toggle, keep }) {
  return [
    h("div", { class: "shield-row" },
      shieldLine(words),
      h("button", { class: "plain round", type: "button", "aria-label": t("shield.what"), "aria-expanded": String(open),
        "data-keep": `info-${keep}`, onClick: toggle }, icon("info"))),
    open ? h("p", { class: "meta explained" }, t("shield.explained")) : null,
  ];
}
