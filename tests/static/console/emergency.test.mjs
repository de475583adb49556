// What is declared, and what a review shows of it: nothing chosen for anybody, every moment in its order.

import assert from "node:assert/strict";
import test from "node:test";

import { addCatalogue, setLanguage } from "../../../static/shared/i18n.js";
import zh from "../../../static/console/catalogue/zh-CN.js";
import { birthDateOf, declarationOf, freshDraft, lacking } from "../../../static/console/emergency/form.js";
import {
  dropEmergency, forgetEmergencies, holdEmergency, runningEmergencies,
} from "../../../static/console/emergency/running.js";
import { momentsOf } from "../../../static/console/review/moments.js";
import { agoText, countsText, declarerText, patientHint, patientText } from "../../../static/console/review/words.js";

addCatalogue("zh-CN", zh);
setLanguage("zh-CN");

const whole = { custodian: "a", number: " 1004-2236 ", birthDate: "19460308", reason: "unconscious", text: "", hours: 4 };

test("institution and reason are never chosen for the clinician", () => {
  const draft = freshDraft();
  assert.equal(draft.custodian, "");
  assert.equal(draft.reason, null);
  assert.equal(lacking(draft), "custodian");
});

const LACKS = {
  custodian: { custodian: "" }, identifier: { number: "  " }, birth: { birthDate: "1946-13-08" }, reason: { reason: null },
  text: { reason: "other-emergency", text: " " },
};
for (const [name, change] of Object.entries(LACKS)) {
  test(`it cannot be declared without ${name}`, () => assert.equal(lacking({ ...whole, ...change }), name));
}

test("what is declared is what was typed, without the blanks around it", () => {
  assert.equal(lacking(whole), null);
  assert.deepEqual(declarationOf(whole, null), {
    custodian: "a", identifier: { system: null, value: "1004-2236" }, birth_date: "1946-03-08", reason: "unconscious",
    text: null, ttl_ms: 4 * 3_600_000, patient: null,
  });
  assert.equal(declarationOf({ ...whole, text: " 车祸 " }, "chart").text, "车祸");
});

test("a birth date may be typed as people type it, and must be a day that there was", () => {
  for (const typed of ["1946-03-08", "19460308", "1946/03/08", "1946.03.08", "１９４６０３０８", " 1946年03月08日 "]) {
    assert.equal(birthDateOf(typed), "1946-03-08", typed);
  }
  for (const typed of ["", "1946", "1946-3-8", "2025-02-29", "1946-00-10", "08/03/1946", "194603080"]) {
    assert.equal(birthDateOf(typed), null, typed);
  }
});

test("a running emergency is found again until it ends, is closed, or the screen is locked", () => {
  holdEmergency({ emergency: "e", custodian: { id: "a" }, until: 10, patient: "林" }, null);
  assert.deepEqual(runningEmergencies(9), [{ emergency: "e", custodian: { id: "a" }, until: 10, patient: null }]);
  assert.deepEqual(runningEmergencies(10), []);
  dropEmergency("e");
  assert.deepEqual(runningEmergencies(9), []);
  holdEmergency({ emergency: "e", custodian: { id: "a" }, until: 10 }, null);
  forgetEmergencies();
  assert.deepEqual(runningEmergencies(9), []);
});

const NAMES = { "zh-CN": "梧桐里", en: "Wutongli" };
const HOUR = 3_600_000;
const example = (more = {}) => ({
  side: "custodian", custodian: { id: "own", name: { "zh-CN": "望溪" } }, declaring: { id: "a", name: NAMES },
  user: { id: "u", name: "周明远", department: "急诊科" }, reason: "unconscious", text: null,
  patient: { name: "林秀兰", sex: "female", birth_date: "1946-03-08" }, identifier_last4: "2236", from: 100, until: 100 + HOUR,
  open: true, closed: null, looked: [], told: { at: null }, objection: null, own_review: null, other_review: null,
  questions: [], may_review: true, on_ledger: true, recorded: true, budget: { used: 1, of: 10 }, overdue: false, ...more,
});
const titles = (one) => momentsOf(one).map(({ title }) => title);

test("a new case tells the declaration, the release, and that nobody has seen it yet", () => {
  assert.deepEqual(titles(example()), ["梧桐里声明紧急情况", "放行开始，最长 1 小时", "患者的手机还没有看到", "没有查看"]);
});

test("everything that happened stands at its time", () => {
  const review = (verdict, at) => ({ verdict, words: "", reviewer: { name: "何静" }, at });
  const one = example({
    open: false, closed: { at: 500, by: "patient" }, told: { at: 300 }, objection: { at: 400, text: "不对" },
    looked: [{ at: 200, last: 200, counts: { Observation: 2, Patient: 1 } }], questions: [{ own: true, at: 600, words: "为什么？", by: "何静" }],
    own_review: review("not-justified", 800), other_review: review("justified", 700),
  });
  assert.deepEqual(titles(one).slice(2), [
    "查看 2 项", "患者已在手机上看到", "患者提出异议", "患者停止了放行", "本院提问", "梧桐里审查：有正当理由", "本院审查：没有正当理由",
  ]);
  assert.deepEqual(momentsOf(one).filter(({ sign }) => sign === "against").map(({ title }) => title), ["患者提出异议", "本院审查：没有正当理由"]);
});

test("a review of which another node told nothing is named without a finding", () => {
  const untold = { verdict: null, words: null, reviewer: null, at: 700 };
  assert.ok(titles(example({ other_review: untold })).includes("梧桐里已审查；结论现在取不到"));
});

test("a release that ran out says so, and one that was closed does not", () => {
  assert.ok(titles(example({ open: false })).includes("到时自动停止"));
  assert.ok(!titles(example({ open: false, closed: { at: 500, by: "institution" } })).includes("到时自动停止"));
});

test("what the law erased is said to be erased, and the rest still stands", () => {
  const erased = example({ user: null, reason: null, identifier_last4: null, patient: null });
  assert.ok(titles(erased).length >= 3);
  assert.equal(declarerText(erased), "梧桐里");
  assert.equal(patientText(erased), "姓名已依法删除");
});

test("the queue names nobody in full", () => {
  assert.equal(patientHint(example()), "患者 林 **");
  assert.equal(patientHint(example({ side: "declarer", patient: null })), "证件尾号 2236");
  assert.equal(declarerText(example({ side: "declarer" }), { name: false }), "本院 · 急诊科");
});

test("an age is said by its largest unit, and counts leave out the person", () => {
  assert.equal(agoText(0, 6 * HOUR + 59 * 60_000), "6 小时前");
  assert.equal(agoText(0, 75 * HOUR), "3 天前");
  assert.equal(agoText(0, 30_000), "不到 1 分钟前");
  assert.equal(countsText({ Patient: 1, Observation: 18, MedicationRequest: 5, Observed: 0 }), "化验和体征 18 项、用药 5 项");
});
