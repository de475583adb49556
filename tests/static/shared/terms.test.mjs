// Names, units, ranges and values: ours by code, else the record's own words, numbers as issued.

import assert from "node:assert/strict";
import test from "node:test";

import { setLanguage } from "../../../static/shared/i18n.js";
import {
  GROUPS, groupName, kindName, rangeText, sensitivityName, termGroup, termName, termRank, termSentence, termShort, unitText, valueText,
} from "../../../static/shared/terms.js";
import { LABORATORY } from "../../../static/shared/terms/laboratory.js";

const loinc = (code, more = {}) => ({ system: "http://loinc.org", code, ...more });

test("the codes of common tests have a name in both languages and a group", () => {
  const codes = ["4548-4", "14771-0", "1558-6", "2339-0", "14682-9", "2160-0", "62238-1", "33914-3", "9318-7", "30000-4", "14959-1",
    "22748-8", "18262-6", "39469-2", "14927-8", "2571-8", "718-7", "777-3", "6690-2", "1742-6", "85354-9"];
  for (const code of codes) {
    setLanguage("zh-CN");
    assert.match(termName(loinc(code)), /[\u4e00-\u9fff]/, code);
    setLanguage("en");
    assert.match(termName(loinc(code)), /^[\x20-\x7e]+$/, code);
    assert.notEqual(termGroup({ code: loinc(code), kind: "laboratory" }), "other", code);
  }
  setLanguage("zh-CN");
  assert.equal(termName(loinc("4548-4")), "糖化血红蛋白");
  assert.equal(termShort(loinc("4548-4")), "HbA1c");
  assert.equal(termSentence(loinc("4548-4")), "近两三个月的平均血糖水平");
});

test("no code stands twice in the table, and every group of it has a place and a name", () => {
  for (const [code, term] of Object.entries(LABORATORY)) {
    assert.match(code, /^\d{1,5}-\d$/);
    assert.ok(GROUPS.includes(term.group), code);
    assert.notEqual(groupName(term.group), `group.${term.group}`);
    assert.equal(Boolean(term.saidZh), Boolean(term.saidEn), code);
  }
});

test("an unknown code shows the record's own words, then its code, and is never translated", () => {
  assert.equal(termName(loinc("99999-9", { text: "某项目", display: "Something" })), "某项目");
  assert.equal(termName(loinc("99999-9", { display: "Something" })), "Something");
  assert.equal(termName(loinc("99999-9")), "99999-9");
  assert.equal(termName(null), "未注明");
  assert.equal(termRank(loinc("99999-9")), 1000);
});

test("a code of another system is not taken for LOINC", () => {
  assert.equal(termName({ system: "http://www.nlm.nih.gov/research/umls/rxnorm", code: "4548-4", text: "别的" }), "别的");
});

test("names that objects inherit are no codes, kinds or labels", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assert.equal(termName(loinc(name, { text: "原文" })), "原文");
    assert.equal(kindName(name), "其他");
    assert.equal(sensitivityName(name), "敏感内容");
    assert.equal(unitText({ value: { unit: name } }), name);
  }
});

test("ranges and values stand as issued", () => {
  assert.equal(rangeText({ range: { low: "4.0", high: "6.0" } }), "4.0–6.0");
  assert.equal(rangeText({ range: { low: null, high: "5.20" } }), "≤ 5.20");
  assert.equal(rangeText({ range: { low: "60", high: null } }), "≥ 60");
  assert.equal(rangeText({ range: { text: "阴性" } }), "阴性");
  assert.equal(rangeText({ range: null }), "");
  assert.equal(valueText({ value: { number: "7.0", unit: "%" } }), "7.0");
  assert.equal(valueText({ value: { number: "5", comparator: "<" } }), "< 5");
  assert.equal(valueText({ value: { text: "阴性" } }), "阴性");
  assert.equal(valueText({ value: null }), "");
});

test("units are written as people write them, unknown ones as issued", () => {
  const unit = (text) => unitText({ value: { unit: text } });
  assert.equal(unit("10*9/L"), "×10⁹/L");
  assert.equal(unit("10⁹/L"), "×10⁹/L");
  assert.equal(unit("mm[Hg]"), "mmHg");
  assert.equal(unit("{score}"), "");
  assert.equal(unit("mmol/L"), "mmol/L");
  assert.equal(unitText({ value: null }), "");
});
