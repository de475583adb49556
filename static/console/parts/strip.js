// The patient's strip: name, sex, age, birth date, number; the same place on every page about a patient.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";

/** Full years between a birth date (YYYY, YYYY-MM or YYYY-MM-DD) and now. */
export function ageOf(birthDate, now = new Date()) {
  const [year, month = 1, day = 1] = (birthDate ?? "").split("-").map(Number);
  if (!year) return null;
  const before = now.getMonth() + 1 < month || (now.getMonth() + 1 === month && now.getDate() < day);
  return now.getFullYear() - year - (before ? 1 : 0);
}

export const sexName = (sex) => t(["male", "female", "other"].includes(sex) ? `sex.${sex}` : "sex.unknown");

/** "女 · 80 岁 · 1946-03-08". */
export function personFacts({ sex, birth_date: birthDate }) {
  const age = ageOf(birthDate);
  return [sexName(sex), age === null ? null : t("age", { count: age }), birthDate].filter(Boolean).join(" · ");
}

/** `person`: {name, sex, birth_date, identifier?} or null while it is not known. */
export function strip(person, { tabs = null, action = null, number = true } = {}) {
  return h(
    "section",
    { class: "strip", "aria-label": t("strip.label") },
    h(
      "div",
      { class: "strip-person" },
      h("h1", { class: "strip-name" }, person?.name ?? t("strip.unknown")),
      person ? h("p", { class: "strip-facts" }, personFacts(person)) : null,
      number && person?.identifier ? h("p", { class: "meta" }, t("strip.number", { number: person.identifier })) : null,
    ),
    tabs,
    action ? h("div", { class: "strip-action" }, action) : null,
  );
}

/** Tabs of the strip; `counts` stand beside the words. */
export function tabsOf(names, current, choose) {
  return h(
    "div",
    { class: "strip-tabs", role: "tablist", "aria-label": t("tabs.label") },
    names.map((name, place) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          class: "strip-tab",
          "aria-selected": String(name === current),
          "data-keep": `tab-${name}`,
          tabindex: name === current ? "0" : "-1",
          onClick: () => choose(name),
          onKeydown: (event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (step) choose(names[(place + step + names.length) % names.length], true);
          },
        },
        t(`tab.${name}`),
      ),
    ),
  );
}
