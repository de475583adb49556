// What the order form remembers and says: a draft of one patient, sums of counts, and every line in words.

import assert from "node:assert/strict";
import test from "node:test";

import en from "../../../static/console/catalogue/en.js";
import { addItem, draftOf, forgetOrders, isDecided, removeItem, takeDecided } from "../../../static/console/order/draft.js";
import { length, lineText } from "../../../static/console/order/lines.js";
import { byMonth, byReason, byRule, sumOf } from "../../../static/console/reuse/sums.js";
import { addCatalogue, setLanguage } from "../../../static/shared/i18n.js";

addCatalogue("en", en);
setLanguage("en");
const DAY = 86_400_000;

test("a draft belongs to one patient and is gone with the patient", () => {
  addItem(draftOf("p1"), "hba1c", null);
  assert.equal(draftOf("p1").items.length, 1);
  assert.equal(draftOf("p2").items.length, 0);
  assert.equal(draftOf("p1").items.length, 0);
  addItem(draftOf("p1"), "hba1c", null);
  forgetOrders();
  assert.equal(draftOf("p1").items.length, 0);
});

test("a test is added once, and the next is chosen when it is removed", () => {
  const draft = draftOf("p3");
  addItem(draft, "lipids", null);
  addItem(draft, "lipids", "http://loinc.org|22748-8");
  addItem(draft, "lipids", null);
  assert.equal(draft.items.length, 2);
  removeItem(draft, draft.chosen);
  assert.equal(draft.chosen, draft.items[0].key);
});

test("the newest decision about a test counts, and what was undone is open again", () => {
  const draft = draftOf("p4");
  const order = (state) => ({ group: "hba1c", code: null, situation: null, state });
  takeDecided(draft, [order("used"), order("undone")]);
  assert.equal(draft.items.length, 1);
  assert.equal(isDecided(draft.items[0]), false);
  takeDecided(draft, [order("repeated")]);
  assert.equal(isDecided(draft.items[0]), true);
});

const row = (month, rule, counts) => ({ month, group: "g", rule, offered: 0, used: 0, undone: 0, repeated: {}, ...counts });
const ROWS = [
  row("2026-11", "a@1", { offered: 3, used: 2, undone: 1 }),
  row("2027-01", "a@2", { offered: 4, repeated: { "too-old": 1, "patient-wish": 2 } }),
];

test("counts add up by month with the empty ones between, by reason and by rule version", () => {
  assert.deepEqual(byMonth(ROWS).map(({ month, used }) => [month, used]), [["2026-11", 2], ["2026-12", 0], ["2027-01", 0]]);
  assert.deepEqual(byReason(ROWS), [["patient-wish", 2], ["too-old", 1]]);
  assert.deepEqual(byRule(ROWS).map(({ rule, offered }) => [rule, offered]), [["a@2", 4], ["a@1", 3]]);
  assert.equal(sumOf(ROWS).repeated, 3);
  assert.deepEqual([byMonth([]), byReason([]), byRule([])], [[], [], []]);
});

test("a length is told in days, and under two of them in hours", () => {
  assert.deepEqual([length(60 * DAY), length(1.5 * DAY), length(0)], ["60 days", "36 hours", "0 hours"]);
});

const AGE = { age_ms: 52 * DAY, reach_ms: 60 * DAY, no_retest: false };
const LINES = [
  ["person", "holds", {}], ["person", "fails", {}],
  ["code", "holds", { code: "http://loinc.org|4548-4", equivalent: false }], ["code", "fails", { ordered: [], found: [] }],
  ["specimen", "holds", { result: "serum", order: null, fitting: ["serum"], implied: false }],
  ["specimen", "holds", { result: null, order: null, fitting: ["serum"], implied: true }],
  ["specimen", "unknown", { result: null, order: null, fitting: [], implied: false }],
  ["specimen", "fails", { result: "urine", order: null, fitting: ["serum"], implied: false }],
  ["method", "unknown", { result: "HPLC", order: null, fitting: [] }], ["method", "fails", { result: "HPLC", order: "IA", fitting: [] }],
  ["status", "holds", { status: "final", replaced: false, report: null }], ["status", "fails", { status: "preliminary", replaced: false, report: null }],
  ["status", "fails", { status: "final", replaced: true, report: null }], ["status", "fails", { status: "final", replaced: false, report: "cancelled" }],
  ["value", "holds", {}], ["value", "fails", { cause: "absent" }], ["value", "fails", { cause: "unfit" }], ["value", "fails", { cause: "missing" }],
  ["age", "holds", AGE], ["age", "unknown", AGE], ["age", "holds", { ...AGE, no_retest: true }], ["age", "holds", { ...AGE, older_than: "x" }],
  ...["coarse", "undated", "after-order", "too-old"].map((cause) => ["age", "fails", { ...AGE, age_ms: null, cause }]),
  ["mark", "holds", { required: false, marks: [], counting: [] }], ["mark", "holds", { required: true, marks: ["全国HR"], counting: ["全国HR"] }],
  ["mark", "fails", { required: true, marks: [], counting: [] }], ["mark", "fails", { required: true, marks: ["鄂HR"], counting: [] }],
  ["unit", "holds", { result: "%", order: null, factor: null }], ["unit", "holds", { result: null, order: null, factor: null }],
  ["unit", "holds", { result: "g/L", order: "mg/dL", factor: "100" }], ["unit", "unknown", { result: null, order: null, factor: null }],
  ["unit", "fails", { result: null, order: "%", factor: null }],
  ["panel", "holds", { have: 4, of: 4, missing: [] }], ["panel", "fails", { have: 3, of: 4, missing: ["http://loinc.org|2085-9"] }],
  ["context", "holds", { events: [], unseen: [], others: [] }], ["context", "unknown", { events: [], unseen: ["Condition"], others: [] }],
  ["context", "unknown", { events: [], unseen: [], others: ["metformin"] }], ["context", "fails", { events: ["dialysis"], what: "HD", unseen: [] }],
  ["context", "fails", { events: ["pregnancy"], what: null, unseen: [] }],
  ["grant", "holds", { own: true, grant: null }], ["grant", "holds", { own: false, grant: "g" }], ["grant", "fails", { own: false, grant: null }],
  ["rule", "holds", { situation_stated: true }], ["rule", "unknown", { situation_stated: false }],
];

test("every line that the rules can answer with is said in words, without a hole", () => {
  for (const [key, outcome, facts] of LINES) {
    const said = lineText({ key, outcome, facts });
    assert.ok(said.length > 3, `${key} ${outcome}`);
    assert.doesNotMatch(said, /[{}]|undefined|null|^line\./, `${key} ${outcome}: ${said}`);
  }
});
