// The left side: setting, the tests to order with what was found for each, and the list to add from.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { button, chips } from "../parts/controls.js";
import { isDecided } from "./draft.js";
import { orderName, situationWords } from "./names.js";
import { picker } from "./picker.js";

const SETTINGS = ["outpatient", "inpatient", "emergency"];

/** `doing`: {choose, remove, add, setting, urgent, adding, find}. */
export const orderList = ({ draft, groups, checks, adding, find, comparing }, doing) =>
  h(
    "section",
    { class: "order-left", "aria-label": t("order.items") },
    h("h1", {}, t("order.title")),
    chips(
      { key: "setting", text: t("order.setting") },
      [...SETTINGS.map((one) => [one, t(`order.setting.${one}`)]), ["urgent", t("order.urgent")]],
      new Set([draft.setting, ...(draft.urgent ? ["urgent"] : [])]),
      (one) => (one === "urgent" ? doing.urgent(!draft.urgent) : doing.setting(one)),
    ),
    draft.urgent ? h("p", { class: "meta" }, t("order.urgent.under")) : null,
    draft.items.length === 0
      ? h("p", { class: "meta" }, t("order.none"))
      : h(
          "ul",
          { class: "order-items" },
          draft.items.map((item) => h("li", {}, row(item, { draft, groups, checks, comparing }, doing))),
        ),
    adding
      ? picker({ groups, find, taken: draft.items }, doing)
      : button("text", t("order.add"), () => doing.adding(true), { icon: "plus", "data-keep": "order-add" }),
  );

function row(item, { draft, groups, checks, comparing }, doing) {
  const on = item.key === draft.chosen;
  const name = orderName(groups, item);
  const choose = on && !isDecided(item) ? situation(item, groups, doing) : null;
  return h(
    "div",
    { class: on ? "order-item on" : "order-item" },
    h(
      "button",
      {
        type: "button",
        class: "order-choice",
        "aria-current": on ? "true" : null,
        "data-keep": `item-${item.key}`,
        "data-order": item.group,
        onClick: () => doing.choose(item.key),
      },
      h("strong", {}, name),
      state(item, checks.get(item.key), comparing),
    ),
    isDecided(item)
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "plain round",
            "aria-label": t("order.remove", { name }),
            "data-keep": `remove-${item.key}`,
            onClick: () => doing.remove(item.key),
          },
          icon("close"),
        ),
    choose,
  );
}

/** The clinical situation, which decides by what rule the test is judged. */
function situation(item, groups, doing) {
  const group = groups.find((one) => one.group === item.group);
  const choices = group?.situations.filter((one) => one.situation !== "default") ?? [];
  if (choices.length === 0) return null;
  return h(
    "div",
    { class: "order-situation" },
    h("label", { for: "situation" }, t("order.situation")),
    h(
      "select",
      {
        id: "situation",
        "data-keep": "situation",
        onChange: (event) => doing.situation(item.key, event.target.value || null),
      },
      h("option", { value: "", selected: item.situation === null }, t("order.situation.default")),
      choices.map((one) =>
        h(
          "option",
          { value: one.situation, selected: item.situation === one.situation },
          situationWords(group, one.situation),
        ),
      ),
    ),
  );
}

/** One line under the name: what was decided, or what was found. */
function state(item, check, comparing) {
  if (item.order && item.order.state !== "offered") {
    const done = isDecided(item);
    return h("span", { class: done ? "tick meta" : "meta" }, done ? icon("tick") : null, t(`order.state.${item.order.state}`));
  }
  if (!check) return h("span", { class: "meta" }, comparing ? t("order.checking") : "");
  return h("span", { class: check.order ? "order-offer" : "meta" }, stateText(check));
}

export function stateText({ order, reason, panel }) {
  if (order) return panel ? t("order.state.panel", panel) : t("order.state.offer");
  if (reason === "rule-draft") return t("order.state.draft");
  return reason === "panel-incomplete" ? t("order.state.some", panel) : t("order.state.none");
}
