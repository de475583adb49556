// Four places, always in the same order at the bottom; hidden inside flows.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";

const TABS = [["home", "home"], ["results", "chart"], ["who", "eye"], ["settings", "person"]];

export function tabs({ go }, current) {
  return h("nav", { class: "tabs", "aria-label": t("tabs.label") }, TABS.map(([name, sign]) => h(
    "button", {
      type: "button", class: name === current ? "tab current" : "tab", "data-keep": `tab-${name}`,
      "aria-current": name === current ? "page" : null, onClick: () => go(name),
    }, icon(sign), h("span", {}, t(`tabs.${name}`)),
  )));
}
