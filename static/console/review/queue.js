// The queue: what waits, oldest first with its age, then what was reviewed.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { addressOf } from "../route.js";
import { agoText, declarerText, patientHint, reasonText } from "./words.js";

/** `chosen`: id of the case that is shown. */
export const queue = ({ waiting, done }, chosen) =>
  h(
    "nav",
    { class: "review-queue", "aria-label": t("review.title"), "data-scroll": "queue" },
    h(
      "div",
      { class: "queue-head" },
      h("h2", {}, t("review.title")),
      h("span", { class: "meta" }, t("review.oldest-first")),
    ),
    waiting.length === 0
      ? h("div", { role: "status" }, h("p", {}, t("review.none")), h("p", { class: "meta" }, t("review.none.under")))
      : rows(waiting, chosen),
    done.length > 0 ? [h("h2", { class: "queue-done" }, t("review.done")), rows(done, chosen)] : null,
  );

const rows = (found, chosen) =>
  h(
    "ul",
    {},
    found.map((one) => h("li", {}, row(one, one.id === chosen))),
  );

const row = (one, on) =>
  h(
    "a",
    {
      class: on ? "queued on" : "queued",
      href: addressOf("review", one.id),
      "aria-current": on ? "true" : null,
      "data-keep": `case-${one.id}`,
    },
    h(
      "span",
      { class: "queued-line" },
      h("strong", {}, declarerText(one, { name: false })),
      h("span", {}, agoText(one.from)),
    ),
    h(
      "span",
      { class: "queued-line meta" },
      h("span", {}, reasonText(one.reason)),
      h("span", {}, one.overdue && !one.own_review ? overdue() : patientHint(one)),
    ),
  );

const overdue = () => h("span", { class: "flag" }, t("review.overdue"));
