// The declaration of an emergency, before it is signed: which institution, whom, why, for how long.
// Invariant: institution and reason are never chosen for the clinician.

import { h, replace } from "../../shared/dom.js";
import { named, t } from "../../shared/i18n.js";
import { chips, field } from "../parts/controls.js";

const HOUR = 3_600_000;
/** consent/vocabulary GLASS_REASONS, in the order in which an emergency room meets them. */
const REASONS = [
  "unconscious",
  "life-threatening",
  "severe-trauma",
  "poisoning-unknown-drug",
  "allergy-check",
  "newborn-or-child-alone",
  "public-health-threat",
  "other-emergency",
];
const HOURS = [1, 4, 12, 24];
const LONGEST_TEXT = 500;

export const freshDraft = ({ birthDate = "" } = {}) => ({
  custodian: "",
  number: "",
  birthDate,
  reason: null,
  text: "",
  hours: 4,
});

/** "1946-03-08" of what was typed, with or without its separators; null when that is no day. */
export function birthDateOf(typed) {
  const [, year, month, day] = /^(\d{4})\D?(\d{2})\D?(\d{2})日?$/.exec(typed.normalize("NFKC").trim()) ?? [];
  const text = `${year}-${month}-${day}`;
  const at = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text ? null : text;
}

/** The body of the declaration; `patient`: own chart id or null. */
export const declarationOf = (draft, patient) => ({
  custodian: draft.custodian,
  identifier: { system: null, value: draft.number.trim() },
  birth_date: birthDateOf(draft.birthDate),
  reason: draft.reason,
  text: draft.text.trim() || null,
  ttl_ms: draft.hours * HOUR,
  patient,
});

/** What still lacks, as the name of a field; null when it can be declared. */
export function lacking({ custodian, number, birthDate, reason, text }) {
  if (!custodian) return "custodian";
  if (!number.trim()) return "identifier";
  if (birthDateOf(birthDate) === null) return "birth";
  if (!reason) return "reason";
  return reason === "other-emergency" && !text.trim() ? "text" : null;
}

/** `institutions`: all others that hold records. */
export function declarationForm(context, institutions, declare) {
  const { local, set } = context;
  const { draft } = local;
  const choose = (name) => (value) => set({ draft: { ...local.draft, [name]: value } });
  // A field that is drawn anew under the fingers would end a word that is being composed: only the end is.
  const typed = (name) => (event) => {
    local.draft = { ...local.draft, [name]: event.target.value };
    replace(event.target.form.querySelector(".form-end"), formEnd(local));
  };
  return h(
    "form",
    {
      class: "stack",
      onSubmit: (event) => {
        event.preventDefault();
        if (!lacking(local.draft)) declare();
      },
    },
    custodianField(draft, institutions, (event) => choose("custodian")(event.target.value)),
    h(
      "div",
      { class: "identity" },
      field("identifier", t("emergency.identifier"), {
        type: "text",
        maxlength: "100",
        autocomplete: "off",
        spellcheck: "false",
        value: draft.number,
        onInput: typed("number"),
      }),
      field("birth", t("emergency.birth"), {
        type: "text",
        inputmode: "numeric",
        maxlength: "12",
        autocomplete: "off",
        placeholder: "1946-03-08",
        value: draft.birthDate,
        onInput: typed("birthDate"),
      }),
      h("p", { class: "meta" }, t("emergency.exact")),
    ),
    chips(
      { key: "reason", text: t("emergency.reason") },
      REASONS.map((code) => [code, t(`reason.${code}`)]),
      new Set([draft.reason]),
      choose("reason"),
    ),
    field("text", t("emergency.text"), {
      type: "text",
      maxlength: String(LONGEST_TEXT),
      autocomplete: "off",
      value: draft.text,
      placeholder: t(draft.reason === "other-emergency" ? "emergency.text.needed" : "emergency.text.example"),
      onInput: typed("text"),
    }),
    chips(
      { key: "ttl", text: t("emergency.ttl") },
      HOURS.map((count) => [count, t("emergency.ttl.hours", { count })]),
      new Set([draft.hours]),
      choose("hours"),
    ),
    h("div", { class: "form-end" }, formEnd(local)),
  );
}

function formEnd({ draft, busy }) {
  const lacks = lacking(draft);
  return [
    h(
      "button",
      {
        class: "button alarm",
        disabled: Boolean(lacks) || busy,
        "data-keep": "declare",
        "aria-describedby": "lacks",
      },
      t(busy ? "emergency.declaring" : "emergency.declare"),
    ),
    h("p", { class: "meta", id: "lacks" }, lacks ? t(`emergency.lacks.${lacks}`) : t("emergency.conscience")),
  ];
}

function custodianField({ custodian }, institutions, choose) {
  return h(
    "div",
    { class: "field" },
    h("label", { for: "custodian" }, t("emergency.custodian")),
    h(
      "select",
      { id: "custodian", "data-keep": "custodian", onChange: choose },
      h("option", { value: "", selected: custodian === "" }, t("emergency.choose")),
      institutions.map(({ id, name }) => h("option", { value: id, selected: id === custodian }, named(name))),
    ),
  );
}
