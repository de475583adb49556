// Languages, dates and durations as people read them; both catalogues alike.

import assert from "node:assert/strict";
import test from "node:test";

import en from "../../../static/shared/catalogue/en.js";
import zh from "../../../static/shared/catalogue/zh-CN.js";
import { momentOf } from "../../../static/shared/dates.js";
import {
  addCatalogue, ago, clock, countdown, day, fullDay, lang, list, moment, named, number, remaining, setLanguage, stamp, t,
} from "../../../static/shared/i18n.js";

const forms = (words) => (typeof words === "string" ? [words] : Object.values(words));
const holes = (words) => [...new Set(forms(words).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
const NOW = new Date(2026, 6, 24, 9, 41, 20).getTime();
const at = (...parts) => new Date(...parts).getTime();
const both = (chinese, english, make) => {
  setLanguage("zh-CN");
  assert.equal(make(), chinese);
  setLanguage("en");
  assert.equal(make(), english);
  setLanguage("zh-CN");
};

test("zh-CN and English have the same keys and the same parameters", () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) {
    const [a, b] = [zh, en].map((words) => holes(words[key]));
    const plural = typeof en[key] !== "string";
    assert.deepEqual(plural ? a.filter((hole) => hole !== "{count}") : a, plural ? b.filter((hole) => hole !== "{count}") : b, key);
  }
});

test("a moment names near days in words and the year only when it is another", () => {
  both("今天 17:00", "today 17:00", () => moment(at(2026, 6, 24, 17, 0), NOW));
  both("明天 00:00", "tomorrow 00:00", () => moment(at(2026, 6, 25), NOW));
  both("昨天 23:59", "yesterday 23:59", () => moment(at(2026, 6, 23, 23, 59), NOW));
  both("7月26日 17:00", "26 Jul 17:00", () => moment(at(2026, 6, 26, 17, 0), NOW));
  both("2025年1月1日 14:05", "1 Jan 2025, 14:05", () => moment(at(2025, 0, 1, 14, 5), NOW));
});

test("days, times and stamps have one form each", () => {
  both("6月2日", "2 Jun", () => day(at(2026, 5, 2), NOW));
  both("2026年6月2日", "2 Jun 2026", () => fullDay(at(2026, 5, 2)));
  both("09:05", "09:05", () => clock(at(2026, 5, 2, 9, 5)));
  assert.equal(stamp(at(2026, 6, 24, 9, 12, 7, 412)), "2026-07-24 09:12:07.412");
  assert.equal(stamp(at(2026, 6, 24, 9, 12, 7, 412), 0), "2026-07-24 09:12");
});

test("what is left is said in two steps, and never as less than nothing", () => {
  const [minute, hour] = [60_000, 3_600_000];
  both("2 天 7 小时", "2 days 7 h", () => remaining(55 * hour + 59 * minute));
  both("1 天", "1 day", () => remaining(24 * hour));
  both("2 小时 49 分", "2 h 49 min", () => remaining(169 * minute));
  both("9 分", "9 min", () => remaining(9 * minute + 12_000));
  both("9 分 12 秒", "9 min 12 s", () => remaining(9 * minute + 12_900, { seconds: true }));
  both("不到 1 分钟", "less than a minute", () => remaining(59_999));
  both("0 秒", "0 s", () => remaining(-5, { seconds: true }));
  both("2 天 07:18:40", "2 days 07:18:40", () => countdown(55 * hour + 18 * minute + 40_000));
  both("00:00:00", "00:00:00", () => countdown(-1));
});

test("how long ago counts calendar days", () => {
  both("今天", "today", () => ago(at(2026, 6, 24, 0, 1), NOW));
  both("昨天", "yesterday", () => ago(at(2026, 6, 23, 23, 59), NOW));
  both("52 天前", "52 days ago", () => ago(at(2026, 5, 2, 8, 10), NOW));
  both("14 个月前", "14 months ago", () => ago(at(2025, 4, 24), NOW));
  both("3 年前", "3 years ago", () => ago(at(2023, 5, 24), NOW));
});

test("parameters fill their places once, and text that looks like one stays text", () => {
  addCatalogue("zh-CN", { "test.name": "{name}，{missing}" });
  assert.equal(t("test.name", { name: "{missing}" }), "{missing}，{missing}");
  assert.equal(t("test.unknown-key"), "test.unknown-key");
});

test("a registered name is taken as registered, never translated", () => {
  both("望溪市中心医院", "Wangxi Central Hospital", () => named({ "zh-CN": "望溪市中心医院", en: "Wangxi Central Hospital" }));
  both("梧桐里", "梧桐里", () => named({ "zh-CN": "梧桐里" }));
  assert.equal(named(null), "");
});

test("lists and numbers follow the language; an unknown language changes nothing", () => {
  both("化验、用药", "化验, 用药", () => list(["化验", "", "用药"]));
  both("48,213", "48,213", () => number(48213));
  setLanguage("fr");
  assert.equal(lang(), "zh-CN");
});

test("a date without a time is that day wherever the person is, and an instant is exact", () => {
  assert.equal(momentOf("2026-06-02"), at(2026, 5, 2));
  assert.equal(momentOf("2026-06"), at(2026, 5, 1));
  assert.equal(momentOf("2026"), at(2026, 0, 1));
  assert.equal(momentOf("2026-06-02T08:10:00+08:00"), Date.UTC(2026, 5, 2, 0, 10));
  for (const text of ["", null, undefined, "早上", "2026-6-2x"]) assert.ok(Number.isNaN(momentOf(text)), String(text));
});
