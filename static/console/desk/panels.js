// The desk's right side: QR, digits, done, or ended.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, moment, t } from "../../shared/i18n.js";
import { digits } from "../../shared/digits.js";
import { codeText, lifeOf, qrPicture, typedCode } from "../parts/code.js";
import { button } from "../parts/controls.js";
import { go } from "../route.js";

/** States in which a phone may still be connected with this code. */
export const OPEN = new Set(["waiting", "claimed", "proved"]);

/** `doing`: {busy, confirm, cancel, extend, ended, again}. */
export function phoneSide(local, rekey, doing) {
  const { reference } = local;
  if (!reference) {
    const state = local.link.claimed ? "desk.is-linked" : "desk.before";
    return h(
      "div",
      { class: "middle" },
      h("div", { class: "waiting-words" }, icon("phone"), h("p", {}, t(rekey ? "rekey.before" : state))),
    );
  }
  if (reference.state === "confirmed") return connected(reference, local);
  if (!OPEN.has(reference.state)) return ended(doing.again);
  if (reference.state === "waiting") {
    return h(
      "div",
      { class: "middle two" },
      qrPicture(reference, false),
      h(
        "div",
        { class: "scan-words" },
        h("h2", { class: "large" }, t("desk.scan")),
        h("p", { class: "meta" }, t("ask.scan.under")),
        typedCode(reference),
        lifeOf(reference, doing),
      ),
    );
  }
  return compare(reference, local.person, doing);
}

function compare(reference, person, doing) {
  const proved = reference.state === "proved";
  return h(
    "div",
    { class: "middle two" },
    h(
      "div",
      { class: "qr-side" },
      qrPicture(reference, true),
      h("p", { class: "meta centred" }, t("desk.code-used", { code: codeText(reference.code) })),
    ),
    h(
      "div",
      { class: "scan-words" },
      h("h2", { class: "large" }, t("desk.same-digits")),
      h("p", { class: "meta" }, t("desk.read-out", { name: person.name })),
      digits(reference.digits),
      h(
        "div",
        { class: "actions" },
        button("go", t("desk.confirm"), doing.confirm, {
          icon: "tick",
          disabled: !proved || doing.busy,
          "data-keep": "confirm",
          "aria-describedby": "proof",
        }),
        button("outline", t("digits.differ"), doing.cancel, { disabled: doing.busy, "data-keep": "differ" }),
      ),
      h("p", { class: "meta", id: "proof", role: "status" }, t(proved ? "desk.phone-said-same" : "desk.phone-not-yet")),
      lifeOf(reference, doing),
    ),
  );
}

const connected = (reference, local) =>
  h(
    "div",
    { class: "middle" },
    h(
      "div",
      { class: "compare" },
      h("span", { class: "big-tick" }, icon("tick")),
      h("h2", { class: "large" }, t(reference.delay_until ? "rekey.done" : "desk.done", { name: local.person.name })),
      h("p", { class: "tick" }, t("digits.compared-at", { time: clock(local.confirmedAt) })),
      h(
        "p",
        { class: "meta" },
        reference.delay_until ? t("rekey.done.under", { moment: moment(reference.delay_until) }) : t("desk.done.under"),
      ),
      h(
        "div",
        { class: "actions" },
        button("primary", t("desk.next"), () => go("find"), { "data-keep": "next" }),
      ),
    ),
  );

const ended = (again) =>
  h(
    "div",
    { class: "middle" },
    h(
      "div",
      { class: "compare" },
      h("h2", { class: "large" }, t("desk.ended")),
      h("p", { class: "meta" }, t("desk.ended.under")),
      h("div", { class: "actions" }, button("outline", t("desk.once-more"), again, { "data-keep": "once-more" })),
    ),
  );
