// A tick with words: a real checkbox of 28 px, its name and count as its label, and a way to the single ones.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";

export function checkRow({ key, name, words, checked, change, more = null, mixed = false }) {
  const id = `check-${key}`;
  return h("div", { class: "check-row" },
    h("input", { type: "checkbox", id, checked, indeterminate: mixed, "data-keep": id, onChange: ({ target }) => change(target.checked) }),
    h("label", { for: id }, h("strong", {}, name), words ? h("span", { class: "meta" }, words) : null),
    more ? h("button", { type: "button", class: "plain change", "data-keep": `more-${key}`, onClick: more.open,
      "aria-label": `${name} ${more.words}` }, more.words, icon("forward")) : null);
}
