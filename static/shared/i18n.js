// Says everything in the person's language: words from catalogues, dates and times by Intl (ECMA-402).
// zh-CN writes 2026年1月1日 14:05; English 1 Jan 2026, 14:05. Not here: names of tests and drugs (terms.js).

import zh from "./catalogue/zh-CN.js";
import en from "./catalogue/en.js";

const KEPT = "yaoshi-language";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const catalogues = { "zh-CN": { ...zh }, en: { ...en } };
let current = chosen() ?? wished();

function chosen() {
  try {
    const kept = globalThis.localStorage?.getItem(KEPT);
    return kept in catalogues ? kept : null;
  } catch {
    // Storage may be forbidden; the browser's own language then holds.
    return null;
  }
}

function wished() {
  const wishes = globalThis.navigator?.languages ?? [];
  const first = wishes.find((wish) => /^(zh|en)\b/i.test(wish));
  return first && /^en/i.test(first) ? "en" : "zh-CN";
}

function mark() {
  if (globalThis.document) document.documentElement.lang = current;
}
mark();

/** "zh-CN" or "en". */
export const lang = () => current;

/** Changes the language; listeners of the window event `yaoshi-language` draw again. */
export function setLanguage(language) {
  if (!(language in catalogues)) return;
  current = language;
  try {
    globalThis.localStorage?.setItem(KEPT, language);
  } catch {
    // Only the choice for next time is lost.
  }
  mark();
  globalThis.window?.dispatchEvent(new Event("yaoshi-language"));
}

/** Adds {key: "text with {names}"} or {key: {one, other}} (chosen by the parameter `count`) to one language. */
export function addCatalogue(language, texts) {
  Object.assign(catalogues[language], texts);
}

/** The text of a key; `params` fill its {names}. */
export function t(key, params = {}) {
  const found = catalogues[current][key] ?? catalogues.en[key] ?? key;
  const text = typeof found === "string" ? found : (found[plural(params.count)] ?? found.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

const plural = (count) => new Intl.PluralRules(current).select(Number(count ?? 0));

/** Whether the language in use has this key. */
export const has = (key) => key in catalogues[current];

/** The name registered for this language, else any that is registered. */
export const named = (names) =>
  typeof names === "string"
    ? names
    : (names?.[current] ?? names?.["zh-CN"] ?? names?.en ?? Object.values(names ?? {})[0] ?? "");

const formats = new Map();

function format(name, ms, options) {
  const key = `${current} ${name}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat(current === "en" ? "en-GB" : "zh-CN", options));
  }
  return formats.get(key).format(ms);
}

const startOfDay = (ms) => new Date(ms).setHours(0, 0, 0, 0);
const daysBetween = (ms, now) => Math.round((startOfDay(ms) - startOfDay(now)) / DAY);
const sameYear = (ms, now) => new Date(ms).getFullYear() === new Date(now).getFullYear();

/** "14:05". */
export const clock = (ms) => format("clock", ms, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** "1月1日" in this year, else "2026年1月1日". */
export function day(ms, now = Date.now()) {
  return sameYear(ms, now)
    ? format("day", ms, { month: current === "en" ? "short" : "long", day: "numeric" })
    : fullDay(ms);
}

/** Always with the year. */
export const fullDay = (ms) =>
  format("full", ms, {
    year: "numeric",
    month: current === "en" ? "short" : "long",
    day: "numeric",
  });

/** "今天 14:05", "明天 09:00", "7月26日 17:00", "2025年1月1日 14:05". */
export function moment(ms, now = Date.now()) {
  const away = daysBetween(ms, now);
  const near = { "-1": "day.yesterday", 0: "day.today", 1: "day.tomorrow" }[away];
  const comma = near || sameYear(ms, now) ? " " : t("moment.comma");
  return `${near ? t(near) : day(ms, now)}${comma}${clock(ms)}`;
}

/** How long ago: "今天", "52 天前", "14 个月前", "3 年前". */
export function ago(ms, now = Date.now()) {
  const days = -daysBetween(ms, now);
  if (days <= 0) return t("day.today");
  if (days === 1) return t("day.yesterday");
  if (days < 90) return t("ago.days", { count: days });
  return days < 730
    ? t("ago.months", { count: Math.round(days / 30.44) })
    : t("ago.years", { count: Math.floor(days / 365.25) });
}

/** "2026-07-24 09:12:07.412" in local time, for tables that are compared line by line. */
export function stamp(ms, digits = 3) {
  const at = new Date(ms);
  const two = (n) => String(n).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const whole = `${date} ${two(at.getHours())}:${two(at.getMinutes())}`;
  if (digits === 0) return whole;
  return `${whole}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** Remaining time in words, two steps: "2 天 7 小时", "2 小时 49 分"; with `seconds` also "9 分 12 秒". */
export function remaining(ms, { seconds = false } = {}) {
  const left = Math.max(0, ms);
  const [days, hours, minutes] = [
    Math.floor(left / DAY),
    Math.floor((left % DAY) / HOUR),
    Math.floor((left % HOUR) / MINUTE),
  ];
  if (days > 0) return pair("days", days, "hours", hours);
  if (hours > 0) return pair("hours", hours, "minutes", minutes);
  const rest = Math.floor((left % MINUTE) / 1000);
  if (seconds) return minutes > 0 ? pair("minutes", minutes, "seconds", rest) : counted("seconds", rest);
  return minutes > 0 ? counted("minutes", minutes) : t("left.under-a-minute");
}

const counted = (unit, count) => t(`left.${unit}`, { count });
const pair = (big, n, small, m) => (m > 0 ? `${counted(big, n)} ${counted(small, m)}` : counted(big, n));

/** Each second as figures: "2 天 07:18:40", "07:18:40". */
export function countdown(ms) {
  const left = Math.max(0, ms);
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  const figures = `${two((left % DAY) / HOUR)}:${two((left % HOUR) / MINUTE)}:${two((left % MINUTE) / 1000)}`;
  const days = Math.floor(left / DAY);
  return days > 0 ? `${counted("days", days)} ${figures}` : figures;
}

/** "a、b、c" or "a, b, c". */
export const list = (words) => words.filter(Boolean).join(t("list.comma"));

/** "48,213". */
export const number = (n) => new Intl.NumberFormat(current === "en" ? "en-GB" : "zh-CN").format(n);
