// Why a result can be used or not, line by line: a sign, what was looked at, and what was found.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { has, list, t } from "../../shared/i18n.js";
import { termName, unitText } from "../../shared/terms.js";
import { codeOf, codeText } from "./names.js";

const SIGNS = { holds: "tick", unknown: "question", fails: "close" };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** "52 天", under two days "30 小时". */
export function length(ms) {
  const days = ms / DAY;
  if (days < 2) return t("length.hours", { count: Math.max(0, Math.round(ms / HOUR)) });
  return t("length.days", { count: Number.isInteger(days) ? days : Math.floor(days) });
}

/** The lines of a check; `shown`: a single test says nothing about panels, and the rule stands by itself. */
export const whyLines = (lines) =>
  h(
    "ul",
    { class: "why-lines" },
    lines.filter(({ key, facts }) => key !== "rule" && !(key === "panel" && facts.of === 1)).map(whyLine),
  );

export const whyLine = ({ key, outcome, facts }) =>
  h(
    "li",
    { class: `why-line ${outcome}` },
    icon(SIGNS[outcome]),
    h("span", { class: "visually-hidden" }, `${t(`line.${outcome}`)}: `),
    h("span", { class: "why-key" }, t(`line.${key}`)),
    h("span", {}, lineText({ key, outcome, facts })),
  );

/** What one line says. */
export function lineText(line) {
  const say = SAID[line.key];
  return say ? say(line) : "";
}

const sample = (word) => (has(`specimen.${word}`) ? t(`specimen.${word}`) : word);

function fit(key, { outcome, facts }) {
  const found = facts.result ? sample(facts.result) : null;
  if (outcome === "fails") {
    const wanted = facts.order ? [facts.order] : facts.fitting;
    return t(`line.${key}.fails`, { found: found ?? t("unstated"), wanted: list(wanted.map(sample)) });
  }
  if (found === null) return t(facts.implied ? "line.specimen.implied" : `line.${key}.unstated`);
  return t(`line.${key}.${outcome === "holds" ? "fits" : "open"}`, { found });
}

function age({ outcome, facts }) {
  const words = { age: facts.age_ms === null ? "" : length(facts.age_ms), reach: length(facts.reach_ms) };
  if (facts.older_than !== undefined) return t("line.age.older", words);
  if (outcome === "fails") return t(`line.age.${facts.cause}`, words);
  if (outcome === "unknown") return t("line.age.issued-only", words);
  return t(facts.no_retest ? "line.age.no-retest" : "line.age.holds", words);
}

function mark({ outcome, facts }) {
  if (facts.counting.length > 0) return t("line.mark.counts", { marks: list(facts.counting) });
  if (outcome === "holds") return t("line.mark.not-required");
  return facts.marks.length > 0 ? t("line.mark.elsewhere", { marks: list(facts.marks) }) : t("line.mark.none");
}

/** A UCUM code as people write it. */
const asWritten = (code) => (code ? unitText({ value: { unit: code.replaceAll("[IU]", "IU") } }) : t("unstated"));

function unit({ outcome, facts }) {
  const words = { unit: asWritten(facts.result), wanted: asWritten(facts.order), factor: facts.factor };
  if (outcome === "fails") return t("line.unit.fails", words);
  if (outcome === "unknown") return t("line.unit.unstated");
  if (facts.result === null) return t("line.unit.words");
  if (facts.order === null) return t("line.unit.issued", words);
  return t(facts.factor === "1" ? "line.unit.same" : "line.unit.converted", words);
}

function context({ outcome, facts }) {
  if (outcome === "fails") {
    const events = list(facts.events.map((one) => t(`event.${one}`)));
    return t(facts.what ? "line.context.fails-what" : "line.context.fails", { events, what: facts.what });
  }
  if (facts.unseen?.length > 0) {
    const kinds = facts.unseen.map((type) => (has(`event.kinds.${type}`) ? t(`event.kinds.${type}`) : type));
    return t("line.context.unseen", { kinds: list([...new Set(kinds)]) });
  }
  const others = facts.others ?? [];
  return others.length > 0 ? t("line.context.others", { others: list(others) }) : t("line.context.holds");
}

const SAID = {
  person: ({ outcome }) => t(`line.person.${outcome}`),
  code: ({ outcome, facts }) => {
    if (outcome === "fails") return t("line.code.fails");
    return t(facts.equivalent ? "line.code.equivalent" : "line.code.holds", { code: codeText(facts.code) });
  },
  specimen: (line) => fit("specimen", line),
  method: (line) => fit("method", line),
  status: ({ outcome, facts }) => {
    if (outcome === "holds") return t(facts.status === "final" ? "line.status.holds" : "line.status.corrected");
    if (facts.replaced) return t("line.status.replaced");
    if (facts.report) return t("line.status.report");
    const key = `status.${facts.status}`;
    return t("line.status.fails", { status: has(key) ? t(key) : facts.status });
  },
  value: ({ outcome, facts }) => t(outcome === "holds" ? "line.value.holds" : `line.value.${facts.cause}`),
  age,
  mark,
  unit,
  panel: ({ outcome, facts }) =>
    t(`line.panel.${outcome}`, { ...facts, missing: list(facts.missing.map((code) => termName(codeOf(code)))) }),
  context,
  grant: ({ outcome, facts }) =>
    outcome === "fails" ? t("line.grant.fails") : t(facts.own ? "line.grant.own" : "line.grant.given"),
  rule: ({ facts }) => t(facts.situation_stated ? "line.rule.holds" : "line.rule.unstated"),
};
