// What was decided about a test: used and filed, ordered again and why, ordered, or undone.

import { h } from "../../shared/dom.js";
import { markNode } from "../../shared/chart.js";
import { icon } from "../../shared/icons.js";
import { fullDay, moment, named, t } from "../../shared/i18n.js";
import { button } from "../parts/controls.js";
import { orderName } from "./names.js";

const DAY = 86_400_000;

/** `doing`: {undo, again, ask}. */
export function decided({ order, ...item }, { groups, names, marks, busy }, doing) {
  const own = order.own !== false;
  const undoable = order.state === "used" && own && Date.now() - order.decided_at < DAY;
  return h(
    "section",
    { class: "order-decided", role: "status" },
    order.state === "undone" ? icon("info") : h("span", { class: "big-tick" }, icon("tick")),
    h("p", { class: "offer-label" }, orderName(groups, item)),
    h("h2", { class: "large" }, t(`order.done.${order.state}`)),
    order.results.length > 0 ? results(order, names, marks) : null,
    h("div", { class: "decided-words" }, words(order)),
    h(
      "p",
      { class: "meta" },
      [order.decided_at ? moment(order.decided_at) : null, own ? null : t("order.by-other"), order.state === "ordered" ? null : t("order.seen.done")]
        .filter(Boolean)
        .join(" · "),
    ),
    h(
      "div",
      { class: "actions" },
      undoable
        ? button("outline", t(busy === "undo" ? "order.undoing" : "order.undo"), doing.undo, {
            disabled: Boolean(busy),
            "data-keep": "undo",
          })
        : null,
      order.state === "used" ? null : button("outline", t("order.again"), doing.again, { "data-keep": "again" }),
    ),
  );
}

/** Whose results were used or passed over, and from when; once for each institution and day. */
function results(order, names, marks) {
  const said = new Map(
    order.results.map(({ source, collected }) => [`${source} ${fullDay(collected)}`, { source, day: fullDay(collected) }]),
  );
  return h(
    "ul",
    { class: "decided-results" },
    [...said.values()].map(({ source, day }) =>
      h("li", { class: "institution" }, markNode(marks[source]), h("span", {}, `${named(names[source])} · ${day}`)),
    ),
  );
}

function words(order) {
  if (order.state === "used") {
    const filed = order.filed.some((ref) => !ref.startsWith("ServiceRequest/"));
    return h("p", {}, t(filed ? "order.done.used.filed" : "order.done.used.own"));
  }
  if (order.state === "undone") return h("p", {}, t("order.done.undone.under"));
  if (order.state !== "repeated") return null;
  return [
    h("p", {}, t("order.done.repeated.under", { reason: t(`repeat.${order.reason}`) }), order.words ? ` ${order.words}` : null),
    h("p", {}, t("order.done.told", { told: t(`order.told.${order.informed}`) }), order.informed_how ? ` · ${order.informed_how}` : null),
  ];
}
