// Words, dates and durations in the person's language. Catalogues are plain objects, one a language and app.

import { en } from "./catalogue/en.js";
import { zhCN } from "./catalogue/zh-CN.js";

const LANGUAGES = ["zh-CN", "en"];
const KEPT = "yaoshi-language";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const catalogues = { "zh-CN": { ...zhCN }, en: { ...en } };
let current = chosen();

/** The language in use: "zh-CN" or "en". */
export const lang = () => current;

/** Uses a language from now on, remembers it, and sets `<html lang>`. The caller draws again. */
export function setLanguage(language) {
  current = LANGUAGES.includes(language) ? language : "en";
  keep(current);
  apply();
}

/** Adds an app's words: {key: "text with {parameter}"} or {key: {one, other}} chosen by the parameter `count`. */
export function addCatalogue(language, words) {
  Object.assign(catalogues[language], words);
}

/** The words for a key; an unknown key shows itself, so that a test can find it. */
export function t(key, params = {}) {
  const found = catalogues[current][key] ?? catalogues.en[key] ?? key;
  const text = typeof found === "string" ? found : found[plural(params.count)] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/** The name registered for this language, else the registered one. */
export const named = (names) => (names ? names[current] ?? names["zh-CN"] ?? names.en ?? "" : "");

/** "2026年7月26日 17:00"; today and tomorrow in words; the year only when it is another. */
export function moment(ms, now = Date.now()) {
  const away = daysBetween(now, ms);
  if (away === 0) return t("time.today", { time: clock(ms) });
  if (away === 1) return t("time.tomorrow", { time: clock(ms) });
  if (away === -1) return t("time.yesterday", { time: clock(ms) });
  return `${day(ms, now)} ${clock(ms)}`;
}

/** "7月26日", with the year when it is another than this. */
export function day(ms, now = Date.now()) {
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  const options = current === "zh-CN" ? { month: "long", day: "numeric" } : { month: "short", day: "numeric" };
  return format(ms, sameYear ? options : { year: "numeric", ...options });
}

/** "09:40". */
export const clock = (ms) => format(ms, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The exact moment, for a table: "2026-06-02 08:10". */
export function stamp(ms) {
  const date = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(ms)}`;
}

/** How long still, in words: the two largest units. */
export function remaining(ms) {
  const left = Math.max(0, ms);
  const days = Math.floor(left / DAY);
  const hours = Math.floor((left % DAY) / HOUR);
  const minutes = Math.floor((left % HOUR) / MINUTE);
  const parts = days > 0 ? [["days", days], ["hours", hours]]
    : hours > 0 ? [["hours", hours], ["minutes", minutes]]
      : minutes > 0 ? [["minutes", minutes]] : [["seconds", Math.floor(left / 1000)]];
  return parts.filter(([, count], place) => count > 0 || place === 0)
    .map(([unit, count]) => t(`time.${unit}`, { count })).join(" ");
}

/** How long ago, in words: today, yesterday, days, months. */
export function ago(ms, now = Date.now()) {
  const days = -daysBetween(now, ms);
  if (days <= 0) return t("time.ago-today");
  if (days < 90) return t("time.ago-days", { count: days });
  return days < 730 ? t("time.ago-months", { count: Math.round(days / 30.4) })
    : t("time.ago-years", { count: Math.floor(days / 365.25) });
}

function daysBetween(from, to) {
  const start = (ms) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((start(to) - start(from)) / DAY);
}

const format = (ms, options) => new Intl.DateTimeFormat(current, options).format(new Date(ms));

const plural = (count) => new Intl.PluralRules(current).select(Number(count ?? 0));

function chosen() {
  const kept = read();
  if (LANGUAGES.includes(kept)) return kept;
  const wanted = globalThis.navigator?.languages ?? [];
  return wanted.length > 0 && !wanted[0].toLowerCase().startsWith("zh") ? "en" : "zh-CN";
}

function read() {
  try {
    return globalThis.localStorage?.getItem(KEPT) ?? null;
  } catch {
    return null; // storage is refused: the choice lasts as long as the page
  }
}

function keep(language) {
  try {
    globalThis.localStorage?.setItem(KEPT, language);
  } catch {
    // as in read
  }
}

function apply() {
  if (globalThis.document) document.documentElement.lang = current;
}

apply();
