// Where a request stands: four steps in one line, done ones ticked.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";

/** `at`: the number of the present step (1…), one past the last when all is done. */
export const steps = (names, at) =>
  h(
    "ol",
    { class: "steps" },
    names.map((name, place) => step(t(name), place + 1, at)),
  );

function step(words, number, at) {
  const done = number < at;
  const state = done ? "done" : number === at ? "now" : "next";
  return h(
    "li",
    { class: `step ${state}`, "aria-current": state === "now" ? "step" : null },
    h("span", { class: "step-number" }, done ? icon("tick") : String(number)),
    h("span", {}, words, done ? h("span", { class: "visually-hidden" }, t("step.done")) : null),
  );
}

/** Where a request stands: 1 scan, 2 the patient chooses, 3 digits, 4 records arrive, 5 all is done; 0 before. */
export function stepOf({ reference, visit, scan }) {
  if (!reference) return scan ? 1 : 0;
  if (reference.state === "accepted") return visit ? 5 : 4;
  // The digits may be confirmed before the patient has chosen; the choice is what is waited for until then.
  if (reference.state === "chosen") return 3;
  return reference.state === "claimed" || (reference.offered && reference.state === "waiting") ? 2 : 1;
}
