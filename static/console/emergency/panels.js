// Beside the declaration: what it sets in motion; or that no records came, in one answer whatever the cause.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";

const STEPS = [
  ["key", "sign"],
  ["person", "match"],
  ["phone", "told"],
  ["eye", "review"],
];

export const whatFollows = () =>
  h(
    "section",
    { class: "follows", "aria-labelledby": "follows" },
    h("h2", { id: "follows" }, t("emergency.then")),
    h(
      "ul",
      {},
      STEPS.map(([sign, step]) => h("li", {}, icon(sign), h("span", {}, t(`emergency.then.${step}`)))),
    ),
  );

/** No match, two matches, refused, budget used there: nobody at this screen learns which. */
export const noRecords = () =>
  h(
    "div",
    { class: "notice care none-came", role: "alert" },
    icon("alarm"),
    h("div", {}, h("h2", {}, t("emergency.none")), h("p", {}, t("emergency.none.under"))),
  );
