// What queue and story say of a case in the same way: who, whom, how long ago.

import { has, list, named, remaining, t } from "../../shared/i18n.js";
import { kindName } from "../../shared/terms.js";
import { personFacts } from "../parts/strip.js";

const UNITS = [86_400_000, 3_600_000];

/** "6 小时前": the largest unit only. */
export function agoText(ms, now = Date.now()) {
  const unit = UNITS.find((each) => now - ms >= each) ?? 60_000;
  return t("review.ago", { time: remaining(Math.floor((now - ms) / unit) * unit) });
}

export const reasonText = (reason) => t(has(`reason.${reason}`) ? `reason.${reason}` : "review.erased");

/** "东屏医院 · 急诊科 · 许文博"; own staff are said to be so. */
export const declarerText = ({ side, declaring, user }, { name = true } = {}) =>
  [side === "declarer" ? t("review.own") : named(declaring.name), user?.department, name ? user?.name : null]
    .filter(Boolean)
    .join(" · ");

/** In the queue, where others may see the screen: the first character, or the number's end. */
export function patientHint({ patient, identifier_last4: last }) {
  if (patient) return t("review.patient", { name: [...patient.name][0] ?? "" });
  return last ? t("review.number", { number: last }) : "";
}

export function patientText({ patient, identifier_last4: last }) {
  if (patient) return `${patient.name} · ${personFacts(patient)}`;
  return last ? t("review.number", { number: last }) : t("review.patient-erased");
}

/** "化验和体征 18 项、用药 5 项" of counts by FHIR type. */
export const countsText = (counts) =>
  list(
    Object.entries(counts)
      .filter(([type, count]) => type !== "Patient" && count > 0)
      .map(([type, count]) =>
        t("accounting.count", { kind: has(`type.${type}`) ? t(`type.${type}`) : kindName(type), count }),
      ),
  );

export const countOf = (counts) =>
  Object.entries(counts).reduce((sum, [type, count]) => sum + (type === "Patient" ? 0 : count), 0);

/** The institution at the other end. */
export const otherOf = ({ side, custodian, declaring }) => named((side === "custodian" ? declaring : custodian).name);
