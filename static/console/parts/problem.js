// Says what happened, what did not, and what to do; stays until the next try.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";

/** A refusal or an outage as an alarm; null without one. */
export function problemNotice(problem, again) {
  if (!problem) return null;
  return h(
    "section",
    { class: "alarm problem", role: "alert" },
    icon("alarm"),
    h("div", {}, h("strong", {}, problem.title), h("p", {}, problem.todo)),
    again ? h("button", { type: "button", class: "button outline", onClick: again }, t("again")) : null,
  );
}

/** A quiet line that is announced. */
export const note = (sign, ...words) => h("p", { class: "notice", role: "status" }, icon(sign), h("span", {}, words));

/** Something to take care of, in words. */
export const careBand = (...words) =>
  h("div", { class: "notice care", role: "status" }, icon("alarm"), h("div", {}, words));
