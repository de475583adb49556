// The list of tests that the institution's rules know, to add from: whole groups, and single tests of them.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { named, t } from "../../shared/i18n.js";
import { termShort } from "../../shared/terms.js";
import { button } from "../parts/controls.js";
import { codeOf, groupWords, orderName } from "./names.js";

const MOST = 60;

/** What can be ordered: [{group, code, name, words to find it by, approved}]. */
function choices(groups) {
  return groups.flatMap((group) => {
    const approved = group.situations.some(({ status }) => status === "approved");
    const words = `${named(group.words)} ${group.words["zh-CN"]} ${group.words.en}`;
    const whole = { group: group.group, code: null, approved, words };
    if (group.codes.length <= 1) return [{ ...whole, name: groupWords(groups, group.group) }];
    const name = t("order.whole", { name: groupWords(groups, group.group), count: group.members.length });
    const single = group.codes.map((code) => ({
      group: group.group,
      code,
      approved,
      name: orderName(groups, { group: group.group, code }),
      words: `${words} ${codeOf(code).code} ${termShort(codeOf(code)) ?? ""}`,
    }));
    return group.members.length > 0 ? [{ ...whole, name }, ...single] : single;
  });
}

/** `doing`: {add(group, code), adding(on), find(words)}. */
export function picker({ groups, find, taken }, doing) {
  const wanted = find.trim().toLowerCase();
  const free = choices(groups).filter(
    ({ group, code, name, words }) =>
      !taken.some((one) => one.group === group && one.code === code) &&
      `${name} ${words}`.toLowerCase().includes(wanted),
  );
  // Approved ones first: those are what can spare the patient a test.
  const found = [...free.filter(({ approved }) => approved), ...free.filter(({ approved }) => !approved)];
  return h(
    "div",
    { class: "card order-picker" },
    h(
      "div",
      { class: "find" },
      icon("search"),
      h("input", {
        type: "search",
        value: find,
        "aria-label": t("order.find"),
        placeholder: t("order.find"),
        "data-keep": "order-find",
        autocomplete: "off",
        onInput: (event) => doing.find(event.target.value),
      }),
    ),
    found.length === 0 ? h("p", { class: "meta nothing" }, t("order.find.nothing")) : null,
    h(
      "ul",
      { class: "order-choices", "data-scroll": "order-choices" },
      found.slice(0, MOST).map(({ group, code, name, approved }) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "order-add",
              "data-keep": `add-${group}-${code ?? ""}`,
              "data-group": group,
              "data-code": code,
              onClick: () => doing.add(group, code),
            },
            h("span", {}, name),
            approved ? null : h("span", { class: "meta" }, t("order.state.draft")),
          ),
        ),
      ),
    ),
    button("text", t("order.add.close"), () => doing.adding(false), { "data-keep": "order-add-close" }),
  );
}
