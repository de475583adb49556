// What the pages compute before they draw: series and their order, spans, ages, addresses, questions, checks.

import assert from "node:assert/strict";
import test from "node:test";

import { addCatalogue, setLanguage } from "../../../static/shared/i18n.js";
import zh from "../../../static/console/catalogue/zh-CN.js";
import en from "../../../static/console/catalogue/en.js";
import { differenceText } from "../../../static/console/audit/claims.js";
import { checkOf } from "../../../static/console/audit/records.js";
import { freshDraft, fromOf, questionOf, untilOf } from "../../../static/console/ask/form.js";
import { stepOf } from "../../../static/console/parts/steps.js";
import { ageOf, personFacts } from "../../../static/console/parts/strip.js";
import { scopeText, spanText } from "../../../static/console/parts/scope.js";
import { emptySource, sourcesOf } from "../../../static/console/record/opened.js";
import { byGroup, matching, outOfRange, seriesOf } from "../../../static/console/record/series.js";
import { gathered } from "../../../static/console/record/gathered.js";
import { addressOf, route } from "../../../static/console/route.js";

addCatalogue("zh-CN", zh);
addCatalogue("en", en);
setLanguage("zh-CN");

const lab = (code, date, number, more = {}) => ({
  ref: `Observation/${code}-${date}`, type: "Observation", kind: "laboratory", date, code: { system: "http://loinc.org", code },
  value: { number, unit: "mmol/L", comparator: null }, range: null, flag: null, source: "a", ...more,
});

test("results of one test and unit are one series, newest first, in the order of the clinic", () => {
  const series = seriesOf([
    lab("777-3", "2025-01-01", "96"), lab("4548-4", "2025-01-01", "7.0"), lab("4548-4", "2026-01-01", "6.8", { source: "b" }),
    lab("4548-4", "2026-02-01", "51", { value: { number: "51", unit: "mmol/mol" } }),
    { ...lab("1-8", "2025-01-01", "1"), type: "MedicationRequest", kind: "medication" },
  ]);
  assert.deepEqual(series.map(({ newest, items }) => [newest.value.number, items.length]), [["6.8", 2], ["51", 1], ["96", 1]]);
  assert.deepEqual(byGroup(series).map(([group, members]) => [group, members.length]), [["glucose", 2], ["blood", 1]]);
});

test("a test is found by its name, its short name or its code", () => {
  const series = seriesOf([lab("4548-4", "2025-01-01", "7.0"), lab("777-3", "2025-01-01", "96")]);
  for (const words of ["糖化", "hba1c", "4548"]) assert.deepEqual(matching(series, words).map(({ code }) => code.code), ["4548-4"], words);
  assert.equal(matching(series, "  ").length, 2);
  assert.equal(matching(series, "没有的").length, 0);
});

test("only newest values out of range are named, critical ones first", () => {
  const series = seriesOf([
    lab("4548-4", "2026-01-01", "6.8", { flag: "H" }), lab("777-3", "2025-01-01", "20", { flag: "LL" }),
    lab("718-7", "2025-01-01", "90", { flag: "L" }), lab("718-7", "2026-01-01", "128"),
  ]);
  assert.deepEqual(outOfRange(series).map(({ code }) => code.code), ["777-3", "4548-4"]);
});

test("a source that is over loses its contents at once", () => {
  const visits = new Map([["R", { since: 5, sources: [{ grant: "g", state: "open", items: [1, 2] }, { grant: "h", state: "open", items: [3] }] }]]);
  emptySource(visits, "g", "expired", 9);
  assert.deepEqual(sourcesOf(visits), [
    { reference: "R", since: 5, grant: "g", state: "expired", items: [], ended_at: 9 },
    { reference: "R", since: 5, grant: "h", state: "open", items: [3] },
  ]);
});

test("spans and scopes are said in words", () => {
  const now = Date.UTC(2026, 6, 24);
  assert.equal(spanText("2024-07-24", now), "近两年");
  assert.equal(spanText("2025-07-24", now), "近一年");
  assert.equal(spanText("2023-02-01", now), "2023年2月1日起");
  assert.equal(spanText(null, now), "");
  assert.equal(scopeText({ kinds: ["laboratory", "medication"], from: "2024-07-24" }, now), "化验、用药，近两年");
  assert.equal(scopeText({ kinds: [], records: ["Observation/a", "Observation/b"], sensitive: ["PSY"] }, now), "心理健康、指定的 2 项");
});

test("ages count birthdays, also of dates that are not whole", () => {
  const now = new Date(2026, 6, 24);
  assert.equal(ageOf("1946-07-24", now), 80);
  assert.equal(ageOf("1946-07-25", now), 79);
  assert.equal(ageOf("1946", now), 80);
  assert.equal(ageOf("", now), null);
  assert.equal(personFacts({ sex: "constructor", birth_date: null }), "性别未注明");
});

test("addresses carry opaque ids only", () => {
  assert.deepEqual(route("#/ask/0a1b/7HPR3C8N"), { page: "ask", ids: ["0a1b", "7HPR3C8N"] });
  assert.deepEqual(route("#/patient/林秀兰/<b>"), { page: "patient", ids: [] });
  assert.deepEqual(route(""), { page: "", ids: [] });
  assert.equal(addressOf("visit", "7HPR3C8N"), "#/visit/7HPR3C8N");
});

test("purpose and kinds are never chosen for the doctor, and the shortest spans stand first", () => {
  const now = new Date(2026, 6, 24, 10).getTime();
  const draft = freshDraft();
  assert.equal(draft.purpose, null);
  assert.equal(draft.kinds.size, 0);
  draft.kinds.add("laboratory");
  const question = questionOf({ ...draft, purpose: "TREAT", reason: "  糖尿病复诊 " }, now);
  assert.deepEqual(question, { purpose: "TREAT", reason: "糖尿病复诊", kinds: ["laboratory"], from: fromOf("year", now), not_after: now + 8 * 3_600_000 });
  assert.match(fromOf("two-years", now), /^2024-07-2[34]$/);
  assert.equal(fromOf("all", now), null);
  assert.equal(new Date(untilOf("days", now)).getHours(), 17);
});

test("what a failed check did not reach reads as not checked", () => {
  const failed = { ok: false, size: 38, index: 38 };
  assert.deepEqual([37, 38, 39].map((index) => checkOf({ index }, failed)), ["checked", "first", "unchecked"]);
  assert.deepEqual([58, 59].map((index) => checkOf({ index }, { ok: true, size: 59, index: null })), ["checked", "unchecked"]);
  assert.equal(checkOf({ index: 0 }, { ok: false, size: 0, index: null }), "unchecked");
  assert.equal(checkOf({ index: 0 }, null), "unchecked");
  assert.equal(differenceText({ index: 38, first_difference: "record 38: it holds no valid entry" }), "第 38 条起不一致。it holds no valid entry");
});

test("a record that two grants cover is shown once, and marks follow the sources", () => {
  const institution = { id: "own", name: { "zh-CN": "本院" } };
  const source = (id, items) => ({ custodian: { id, name: { "zh-CN": id } }, items });
  const one = lab("4548-4", "2026-01-01", "6.8", { source: "b" });
  const found = gathered({ institution, own: [lab("4548-4", "2025-01-01", "7", { source: "own" })], sources: [source("b", [one]), source("b", [{ ...one }])] });
  assert.equal(found.items.length, 2);
  assert.equal(found.series[0].items.length, 2);
  assert.deepEqual(found.marks, { b: "disc", own: "diamond" });
});

const STEPS = [
  ["before anything is asked", {}, 0],
  ["while the patient's code is looked for", { scan: {} }, 1],
  ["until the patient has scanned", { reference: { state: "waiting" } }, 1],
  ["when the question went to the phone", { reference: { state: "waiting", offered: true } }, 2],
  ["while the patient chooses", { reference: { state: "claimed", digits_confirmed: false } }, 2],
  ["while the patient chooses, digits confirmed", { reference: { state: "claimed", digits_confirmed: true } }, 2],
  ["when the patient allowed and the digits wait", { reference: { state: "chosen", digits_confirmed: false } }, 3],
  ["when the records are under way", { reference: { state: "accepted" } }, 4],
  ["when they are here", { reference: { state: "accepted" }, visit: {} }, 5],
];

for (const [when, local, step] of STEPS) {
  test(`a request stands at step ${step} ${when}`, () => assert.equal(stepOf(local), step));
}
