// What a hospital decided about a result that existed: used, ordered again and why, or taken back. In plain words.

import { h } from "../../shared/dom.js";
import { day, has, named, t } from "../../shared/i18n.js";
import { termName } from "../../shared/terms.js";
import { personName, placeName } from "./words.js";

const text = (value) => (typeof value === "string" ? value : "");

/** The test's name: ours where its code is known, else the hospital's own words for it. */
function testName(order) {
  const code = text(order?.code);
  const at = code.lastIndexOf("|");
  const known = { system: code.slice(0, at), code: code.slice(at + 1) };
  const name = at < 0 ? null : termName(known);
  return name && name !== known.code ? name : text(named(order?.words)) || t("unstated");
}

/** First and second line of an entry. */
export function decisionWords(line, place, late) {
  const { details } = line.entries[0];
  return { heading: t(`thread.${line.type}`), under: [place, details ? testName(details.order) : null].filter(Boolean).join(" · ") + late };
}

/** [label, value] of what can be shown; what the hospital left out of the details is left out here. */
export function decisionRows(wallet, line) {
  const { details } = line.entries[0];
  const place = placeName(wallet, line.institution);
  const [rule, version] = text(details.rule).split("@");
  const results = Array.isArray(details.results) ? details.results.filter(Boolean) : [];
  return [
    [t("decision.what"), testName(details.order)],
    results.length > 0 ? [t("decision.result"), resultTexts(wallet, line, results).map((words) => h("span", { class: "line" }, words))] : null,
    line.type === "result-repeated" ? [t("decision.why"), t(has(`repeat.${details.reason}`) ? `repeat.${details.reason}` : "repeat.other")] : null,
    has(`decision.told.${details.informed}`) ? [t("decision.told"), t(`decision.told.${details.informed}`)] : null,
    [t("decision.who"), personName(details.user)],
    version ? [t("decision.rule"), t("decision.rule-of", { rule, version })] : null,
    kept(line, results, place),
  ].filter(Boolean);
}

/** Once for each institution and day: a group of tests is several results of one sample. */
const resultTexts = (wallet, line, results) => [...new Set(results.map((one) => resultText(wallet, line, one)))];

function resultText(wallet, line, { source, collected }) {
  const words = { place: placeName(wallet, source), day: Number.isSafeInteger(collected) ? day(collected) : t("results.undated") };
  return t(source === line.institution ? "decision.own" : "decision.from", words);
}

/** Only a result from elsewhere was filed: what stays of it, and where. */
function kept(line, results, place) {
  if (line.type === "result-repeated" || results.every(({ source }) => source === line.institution)) return null;
  return [t("decision.kept"), t(line.type === "result-used" ? "decision.kept-there" : "decision.undone-there", { place })];
}
