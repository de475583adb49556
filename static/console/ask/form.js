// What a doctor asks for, before it is sent and, fixed, after.
// Invariant: purpose and kinds are never chosen for the doctor.

import { h } from "../../shared/dom.js";
import { momentOf } from "../../shared/dates.js";
import { day, moment, t } from "../../shared/i18n.js";
import { kindName } from "../../shared/terms.js";
import { button, chips, field } from "../parts/controls.js";
import { spanText } from "../parts/scope.js";

const HOUR = 3_600_000;
const PURPOSES = ["TREAT", "CAREMGT", "ETREAT"];
const KINDS = [
  "laboratory",
  "medication",
  "allergy",
  "imaging",
  "condition",
  "vital-signs",
  "procedure",
  "immunization",
];
const SPANS = ["year", "two-years", "all"];
const UNTIL = ["shift", "days", "month"];

export const freshDraft = () => ({ reason: "", purpose: null, kinds: new Set(), span: "year", until: "shift" });

/** Moment (ms) at which what is asked for ends. */
export function untilOf(until, now = Date.now()) {
  if (until === "shift") return now + 8 * HOUR;
  const end = new Date(now + (until === "days" ? 3 : 30) * 24 * HOUR);
  return end.setHours(17, 0, 0, 0);
}

/** YYYY-MM-DD from which records are asked for, or null for all. */
export function fromOf(span, now = Date.now()) {
  if (span === "all") return null;
  const date = new Date(now);
  date.setFullYear(date.getFullYear() - (span === "year" ? 1 : 2));
  return date.toISOString().slice(0, 10);
}

/** The body of the request. */
export const questionOf = (draft, now = Date.now()) => ({
  purpose: draft.purpose,
  reason: draft.reason.trim(),
  kinds: [...draft.kinds],
  from: fromOf(draft.span, now),
  not_after: untilOf(draft.until, now),
});

const lacking = ({ purpose, reason, kinds }) =>
  !purpose ? "ask.lacks.purpose" : !reason.trim() ? "ask.lacks.reason" : kinds.size === 0 ? "ask.lacks.kinds" : null;

/** `send` shows a code to scan; `scan` turns to the code that the patient shows. */
export function askForm(context, { send, scan }) {
  const { local, set } = context;
  const { draft } = local;
  const one = (name) => (value) => set({ draft: { ...draft, [name]: value } });
  const toggle = (kind) => {
    const kinds = new Set(draft.kinds);
    if (!kinds.delete(kind)) kinds.add(kind);
    set({ draft: { ...draft, kinds } });
  };
  const lacks = lacking(draft);
  return h(
    "form",
    {
      class: "stack",
      onSubmit: (event) => {
        event.preventDefault();
        if (!lacks) send();
      },
    },
    chips(
      { key: "purpose", text: t("ask.purpose") },
      PURPOSES.map((code) => [code, t(`purpose.${code}`)]),
      new Set([draft.purpose]),
      one("purpose"),
    ),
    field("reason", t("ask.reason"), {
      type: "text",
      maxlength: "200",
      value: draft.reason,
      autocomplete: "off",
      placeholder: t("ask.reason.example"),
      onInput: (event) => one("reason")(event.target.value),
    }),
    chips(
      { key: "kinds", text: t("ask.kinds") },
      KINDS.map((kind) => [kind, kindName(kind)]),
      draft.kinds,
      toggle,
    ),
    chips(
      { key: "span", text: t("ask.span") },
      SPANS.map((span) => [span, t(`ask.span.${span}`)]),
      new Set([draft.span]),
      one("span"),
    ),
    chips(
      { key: "until", text: t("ask.until") },
      UNTIL.map((until) => [until, untilWords(until)]),
      new Set([draft.until]),
      one("until"),
    ),
    h(
      "div",
      { class: "form-end" },
      h(
        "div",
        { class: "actions" },
        h(
          "button",
          {
            class: "button primary",
            disabled: Boolean(lacks) || local.busy,
            "data-keep": "send",
            "aria-describedby": "lacks",
          },
          t(local.busy && !local.scan ? "ask.sending" : "ask.send"),
        ),
        button("outline", t("offer.scan"), scan, {
          icon: "scan",
          disabled: Boolean(lacks) || local.busy || Boolean(local.scan),
          "data-keep": "scan",
          "aria-describedby": "lacks",
        }),
      ),
      h("p", { class: "meta", id: "lacks" }, lacks ? t(lacks) : t("ask.patient-decides")),
    ),
  );
}

const untilWords = (until) => (until === "days" ? moment(untilOf(until)) : t(`ask.until.${until}`));

/** The request as it was sent. */
export function sentForm(reference, { again, cancel, busy }) {
  const { ask, state } = reference;
  const open = ["waiting", "claimed", "chosen"].includes(state);
  const toChange = reference.offered ? "offer.to-change" : "ask.to-change";
  const kinds = [...new Set([...KINDS.slice(0, 4), ...ask.kinds])];
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "field" },
      h("span", { class: "field-label" }, t("ask.reason")),
      h("p", { class: "sent" }, t("ask.for", { purpose: t(`purpose.${ask.purpose}`), reason: ask.reason })),
    ),
    chips(
      { key: "kinds", text: t("ask.kinds") },
      kinds.map((kind) => [kind, kindName(kind)]),
      new Set(ask.kinds),
      null,
      { fixed: true },
    ),
    fixedChip("span", t("ask.span"), ask.from ? spanText(ask.from) || day(momentOf(ask.from)) : t("ask.span.all")),
    fixedChip("until", t("ask.until"), moment(ask.not_after)),
    h(
      "div",
      { class: "form-end ruled" },
      h("p", { class: "meta" }, t(open ? toChange : state === "accepted" ? "ask.more" : "ask.once-more")),
      open
        ? button("outline", t("ask.cancel"), cancel, { disabled: busy, "data-keep": "cancel" })
        : button("outline", t("ask.again"), again, { "data-keep": "again" }),
    ),
  );
}

const fixedChip = (key, label, words) =>
  chips({ key, text: label }, [["it", words]], new Set(["it"]), null, { fixed: true });
