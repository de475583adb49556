// The right side of a request while it is open: the QR, the digits, or that nothing was allowed.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { digits } from "../../shared/digits.js";
import { lifeOf, qrPicture, typedCode } from "../parts/code.js";
import { button } from "../parts/controls.js";
import { note } from "../parts/problem.js";

export function qrPanel(reference, doing) {
  return [
    h(
      "div",
      { class: "middle two" },
      qrPicture(reference, false),
      h(
        "div",
        { class: "scan-words" },
        h("h2", { class: "large" }, t("ask.scan")),
        h("p", { class: "meta" }, t("ask.scan.under")),
        typedCode(reference),
        lifeOf(reference, doing),
      ),
    ),
    note("phone", t("ask.waiting")),
  ];
}

/** The request went to the phone that showed its code; it is not here yet. */
export const offeredPanel = (reference, doing) => [
  h(
    "div",
    { class: "middle" },
    h(
      "div",
      { class: "compare" },
      h("h2", { class: "large" }, t("offer.waiting")),
      h("p", { class: "meta" }, t("offer.waiting.under")),
      digits(null),
      lifeOf(reference, doing),
    ),
  ),
  note("phone", t("offer.waiting.note")),
];

/** `comparedAt`: "09:03" once this doctor has said that the digits are the same. */
export function comparePanel(reference, person, doing, comparedAt) {
  const confirmed = reference.digits_confirmed;
  const chosen = reference.state === "chosen";
  return [
    h(
      "div",
      { class: "middle" },
      h(
        "div",
        { class: "compare" },
        h("h2", { class: "large" }, person ? t("ask.same-digits", { name: person.name }) : t("ask.same-digits.nobody")),
        h("p", { class: "meta" }, t("ask.read-out")),
        digits(reference.digits),
        confirmed
          ? h(
              "p",
              { class: "tick" },
              icon("tick"),
              t(comparedAt ? "digits.compared-at" : "digits.compared", { time: comparedAt }),
            )
          : h(
              "div",
              { class: "actions" },
              button("go", t("digits.same"), doing.confirm, {
                icon: "tick",
                disabled: doing.busy,
                "data-keep": "confirm",
              }),
              button("outline", t("digits.differ"), doing.cancel, { disabled: doing.busy, "data-keep": "differ" }),
            ),
        confirmed && chosen ? null : lifeOf(reference, doing),
      ),
    ),
    note("phone", t(chosen ? "ask.chosen" : confirmed ? "ask.choosing-confirmed" : "ask.choosing")),
  ];
}

/** Declined, stopped and expired read alike: nobody learns which. */
export const gonePanel = (doing) =>
  h(
    "div",
    { class: "middle" },
    h(
      "div",
      { class: "compare" },
      h("h2", { class: "large" }, t("ask.not-allowed")),
      h("p", { class: "meta" }, t("ask.not-allowed.under")),
      h("div", { class: "actions" }, button("outline", t("ask.again"), doing.again, { "data-keep": "again-panel" })),
    ),
  );
