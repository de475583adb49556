// The few sentences that several screens share: names, kinds, spans, moments, counts.

import { h } from "../../shared/dom.js";
import { day, list, named, remaining, t } from "../../shared/i18n.js";
import { kindName, termName, unitText, valueText } from "../../shared/terms.js";
import { spanNamed } from "../model/dates.js";

/** Text with a count, by the language's own plural rule. */
export const counted = (key, count, params = {}) => t(key, { count, ...params });

export const placeName = (wallet, id) => {
  const institution = wallet.institution(id);
  return institution ? named(institution.name) : t("place.unknown");
};

const TITLED = /医生|护士|医师|教授|^Dr\b|^Nurse\b/;
const DOCTORS = new Set(["clinician", "doctor", "physician", "112247003", "309343006"]);
const NURSES = new Set(["nurse", "106292003"]);

/** "陈思远医生", "Dr Chen Siyuan": the title only where the role says so. */
export function personName(person) {
  if (!person?.name) return t("person.unnamed");
  if (TITLED.test(person.name)) return person.name;
  // What stands in brackets after a name stays after the title: 沈怀瑾医生（合成）.
  const [, name, aside] = /^(.*?)(\s*[（(].*)?$/su.exec(person.name);
  const title = DOCTORS.has(person.role) ? "person.doctor" : NURSES.has(person.role) ? "person.nurse" : null;
  return title ? `${t(title, { name })}${aside ?? ""}` : person.name;
}

export const unitAndDoctor = (department, person) => [department, person ? personName(person) : null]
  .filter(Boolean).join(" · ");

/** "近两年", "2024年5月3日起", or nothing for all of it. */
export function spanText(from, now) {
  const name = spanNamed(from, now);
  if (name === "all") return "";
  return name ? t(`span.last.${name}`) : t("span.since", { day: day(Date.parse(from)) });
}

/** "化验、用药，近两年" of a scope or of what a request asks. */
export function scopeText({ kinds, from, singles = 0, sensitive = false }, now) {
  const parts = [];
  if (kinds.length > 0) parts.push(list(kinds.map(kindName)));
  if (singles > 0) parts.push(counted(kinds.length > 0 ? "scope.more" : "scope.singles", singles));
  const span = kinds.length > 0 ? spanText(from, now) : "";
  const text = [parts.join(t("list.comma")), span].filter(Boolean).join(t("scope.span-comma"));
  return sensitive ? `${text}${t("scope.with-sensitive")}` : text;
}

/** A length of time by its largest unit only: "2 天". */
export function roughly(ms) {
  const unit = [86_400_000, 3_600_000].find((each) => ms >= each) ?? 60_000;
  return remaining(Math.round(ms / unit) * unit);
}

export const purposeText = (purpose, reason) => {
  const name = t(`purpose.${purpose}`);
  return reason ? t("purpose.with-reason", { purpose: name, reason }) : name;
};

const TYPES = [
  "Observation", "DiagnosticReport", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Condition",
  "Immunization", "Procedure", "DocumentReference", "Encounter",
];

/** "化验 41 项、用药 5 项" of counts by FHIR type. */
export function seenText(counts) {
  const known = TYPES.filter((type) => counts[type] > 0);
  const others = Object.keys(counts).filter((type) => !TYPES.includes(type) && type !== "Patient" && counts[type] > 0);
  const words = known.map((type) => counted(`type.${type}`, counts[type]));
  if (others.length > 0) words.push(counted("type.other", others.reduce((sum, type) => sum + counts[type], 0)));
  return words.length > 0 ? list(words) : t("seen.nothing");
}

export const itemName = (item) => (item.code ? termName(item.code) : item.title ?? kindName(item.kind));

/** The same as a node: the number stands out, the unit beside it. */
export function valueNode(item) {
  if (!item.value) return null;
  if (item.value.number === undefined || item.value.number === null) return h("span", { class: "said" }, valueText(item));
  return h("span", { class: "measure" }, valueText(item), h("span", { class: "meta" }, unitText(item)));
}

/** "6.8 %", as issued; nothing for a record without a value. */
export const itemValue = (item) => (item.value ? `${valueText(item)} ${unitText(item)}`.trim() : "");
