// Plain names for what laboratories and pharmacies code: tests (LOINC), kinds of record, sensitivity, flags.
// Falls back to the words in the record itself; never invents a translation. Not here: anything that interprets.

import { h } from "./dom.js";
import { has, lang, t } from "./i18n.js";
import { LABORATORY } from "./terms/laboratory.js";

const LOINC = "http://loinc.org";
// Codes and units come from records: a name that every object inherits must not be found.
const own = (table, name) => (Object.hasOwn(table, name ?? "") ? table[name] : undefined);
const known = (code) => (!code?.system || code.system === LOINC ? own(LABORATORY, code?.code) : undefined);

/** The name of an item's code {system, code, text, display}: ours, else the record's own words, else the code. */
export function termName(code) {
  const term = known(code);
  if (term) return lang() === "en" ? term.en : term.zh;
  return code?.text || code?.display || code?.code || t("unstated");
}

/** One plain sentence for a patient, or null. */
export function termSentence(code) {
  const term = known(code);
  return (lang() === "en" ? term?.saidEn : term?.saidZh) ?? null;
}

/** The short name that clinicians know ("HbA1c"), or null. */
export const termShort = (code) => known(code)?.short ?? null;

/** Where a series stands in a clinician's list. */
export const GROUPS = [
  "glucose",
  "kidney",
  "lipids",
  "blood",
  "liver",
  "electrolytes",
  "thyroid",
  "urine",
  "vital",
  "other",
];

/** "glucose", "kidney", … for an item. */
export const termGroup = (item) => known(item.code)?.group ?? (item.kind === "vital-signs" ? "vital" : "other");

/** The place of a test within its group; unknown ones come after all known. */
export const termRank = (code) => known(code)?.rank ?? 1000;

export const groupName = (group) => t(`group.${group}`);
export const kindName = (kind) => t(has(`kind.${kind}`) ? `kind.${kind}` : "kind.other");
export const sensitivityName = (code) => t(has(`sensitive.${code}`) ? `sensitive.${code}` : "sensitive.other");

const FLAGS = {
  H: ["▲", "flag.high", ""],
  L: ["▼", "flag.low", ""],
  HH: ["▲▲", "flag.critical", " critical"],
  LL: ["▼▼", "flag.critical", " critical"],
  A: ["◆", "flag.abnormal", ""],
};

/** Shape and word; null when in range; with `ranges`, words where a number came without a range. */
export function flagNode(item, { ranges = false } = {}) {
  const flag = own(FLAGS, item.flag);
  if (flag) {
    const [sign, words, tone] = flag;
    return h("span", { class: `flag${tone}` }, h("span", { class: "sign", "aria-hidden": "true" }, sign), t(words));
  }
  const bare = ranges && item.value?.number && !item.range?.low && !item.range?.high && !item.range?.text;
  return bare ? h("span", { class: "flag none" }, t("flag.no-range")) : null;
}

/** An item's range as issued: "4.0–6.0", "≤ 6.0", "≥ 60", the laboratory's own text, or "". */
export function rangeText({ range }) {
  if (!range) return "";
  if (range.low && range.high) return `${range.low}–${range.high}`;
  if (range.high) return `≤ ${range.high}`;
  if (range.low) return `≥ ${range.low}`;
  return range.text ?? "";
}

/** "6.8", "< 5", a text result; "" when there is none. The unit stands apart. */
export function valueText(item) {
  const { number, comparator, text } = item.value ?? {};
  if (number !== undefined && number !== null) return comparator ? `${comparator} ${number}` : number;
  return text ?? "";
}

const UNITS = {
  "10*9/L": "×10⁹/L",
  "10*12/L": "×10¹²/L",
  "10*3/uL": "×10³/µL",
  "10*6/uL": "×10⁶/µL",
  "umol/L": "µmol/L",
  "ug/L": "µg/L",
  "mL/min/{1.73_m2}": "mL/min/1.73 m²",
  "mm[Hg]": "mmHg",
  Cel: "°C",
  "kg/m2": "kg/m²",
  "[pH]": "",
  "{score}": "",
  1: "",
};

/** The unit as people write it; what we do not know stays as issued. */
export function unitText(item) {
  const unit = item.value?.unit ?? "";
  if (/^10[⁰-⁹¹²³]/.test(unit)) return `×${unit}`;
  return own(UNITS, unit) ?? unit.replace(/\{[^}]*\}/g, "");
}
