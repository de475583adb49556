// What is ordered and in which situation, in the reader's language: the rules' own words, and plain names of codes.

import { named, t } from "../../shared/i18n.js";
import { termName } from "../../shared/terms.js";

/** "system|code" as {system, code}. */
export function codeOf(text) {
  const at = text.lastIndexOf("|");
  return { system: text.slice(0, at), code: text.slice(at + 1) };
}

/** "LOINC 4548-4", or the code as it is. */
export function codeText(text) {
  const { system, code } = codeOf(text);
  return system === "http://loinc.org" ? `LOINC ${code}` : code;
}

export const groupWords = (groups, key) => {
  const group = groups.find((one) => one.group === key);
  return group ? capital(named(group.words)) : key;
};

/** The name of a test or of a whole group. */
export function orderName(groups, { group, code }) {
  if (!code) return groupWords(groups, group);
  const name = termName(codeOf(code));
  return name === codeOf(code).code ? `${groupWords(groups, group)} ${codeText(code)}` : name;
}

export function situationWords(group, situation) {
  const found = group?.situations.find((one) => one.situation === situation);
  if (!found || situation === "default") return t("order.situation.default");
  const name = capital(named(found.words));
  return found.status === "approved" ? name : t("order.situation.draft", { name });
}

export const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
