// The thread: entries by day on one line. Green: a look, checked. Hollow grey: an own act. Red diamond: withheld. Dashed:
// not recorded by the other hospitals yet, so its place among all entries cannot be checked and no shield says so.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, day, lang, list, moment, t } from "../../shared/i18n.js";
import { kindName } from "../../shared/terms.js";
import { seenIn } from "../model/visits.js";
import { glassBehind, glassRows, glassWords } from "./glass_lines.js";
import { decisionRows, decisionWords } from "./decisions.js";
import { explainedShield } from "./shield.js";
import { personName, placeName, purposeText, scopeText, seenText } from "./words.js";
import { sumOfScopes } from "../model/doors.js";

export function thread(context, lines, { isOpen, toggle, keyOf }) {
  const days = new Map();
  for (const line of lines) {
    const key = new Date(line.time).toDateString();
    days.set(key, [...(days.get(key) ?? []), line]);
  }
  return h("div", { class: "thread" }, [...days.values()].map((group) => h("section", {},
    h("h2", { class: "day" }, dayName(group[0].time, context.wallet.clock())),
    h("ol", {}, group.map((line) => h("li", { class: `knot ${nodeOf(context.wallet, line)}` }, entry(context, line, { isOpen, toggle, key: keyOf(line) })))))));
}

function dayName(time, now) {
  const weekday = new Intl.DateTimeFormat(lang(), { weekday: lang() === "en" ? "short" : "long" }).format(new Date(time));
  const today = new Date(now).toDateString() === new Date(time).toDateString();
  return today ? t("thread.today") : t("thread.day", { weekday, day: day(time, now) });
}

function nodeOf(wallet, line) {
  if (["withheld", "unproven", "unpermitted"].includes(line.state)) return line.state;
  if (line.type === "glass-broken" || (line.type === "visit" && glassBehind(wallet, line))) return "emergency";
  if (line.state === "waiting") return line.state;
  return line.type === "visit" || line.type === "look" ? "look" : "own";
}

function entry(context, line, { isOpen, toggle, key }) {
  const { heading, under } = words(context.wallet, line);
  const details = rows(context.wallet, line);
  const open = details.length > 0 && isOpen(line);
  const time = h("time", { class: "at", datetime: new Date(line.time).toISOString() }, clock(line.time));
  const text = h("span", { class: "thread-words" }, h("strong", {}, heading), h("span", { class: "meta" }, under));
  return [
    details.length > 0
      ? h("button", { type: "button", class: "plain thread-entry", "aria-expanded": String(open), "data-keep": `entry-${key}`,
        onClick: () => toggle(line) }, text, time)
      : h("div", { class: "thread-entry" }, text, time),
    open ? card(context, line, details, key) : null,
  ];
}

const placesOf = (wallet, line) => list(line.places.map((id) => placeName(wallet, id)));

const notRecorded = ({ entries: [{ refused }] }) => (refused ? "thread.refused" : "thread.waiting");

/** First and second line of an entry. */
function words(wallet, line) {
  const place = placesOf(wallet, line);
  const late = (line.late ? ` · ${t("thread.late")}` : "") + (line.state === "waiting" ? ` · ${t(notRecorded(line))}` : "");
  if (line.state === "withheld") return { heading: t("thread.withheld"), under: place + late };
  if (line.state === "unproven") return { heading: t("thread.unproven"), under: place };
  if (line.state === "erased") return { heading: t("thread.erased"), under: place };
  if (line.state === "unpermitted") return { heading: t("thread.unpermitted"), under: place };
  if (line.type.startsWith("glass-")) return glassWords(wallet, line, { place, late });
  if (line.type.startsWith("result-")) return decisionWords(line, place, late);
  const { details, payload } = line.entries[0];
  if (line.type === "visit") {
    return { heading: personName(line.who), under: [placeName(wallet, details.grantee), departmentOf(wallet, line)].filter(Boolean).join(" · ") + late };
  }
  if (line.type === "look") return { heading: personName(line.who), under: `${place} · ${t("thread.own-staff")}${late}` };
  if (line.type === "allowed") {
    const until = moment(payload.not_after);
    return { heading: t("thread.allowed"), under: details ? t("thread.until", { place: placeName(wallet, details.grantee), moment: until }) : place };
  }
  if (line.type === "own-reading") {
    return { heading: t("thread.own-reading"), under: line.entries.length > 1 ? t("thread.times", { place, count: line.entries.length }) : place + late };
  }
  return { heading: t(`thread.${line.type}`), under: line.state === "waiting" ? place + late : place };
}

function grantOf(wallet, line) {
  const { under } = line.entries[0].payload ?? {};
  return wallet.grants().find((grant) => grant.id === under) ?? null;
}

const departmentOf = (wallet, line) => glassBehind(wallet, line)?.declaration?.clinician.department
  ?? wallet.requests.get(grantOf(wallet, line)?.terms?.request)?.department ?? null;

/** Saw, from, for, by: [label, value] of what this line can show. */
function rows(wallet, line) {
  const { details } = line.entries[0];
  if (!["checked", "unpermitted", "waiting"].includes(line.state) || !details) return [];
  if (line.type.startsWith("glass-")) return glassRows(wallet, line);
  if (line.type.startsWith("result-")) return decisionRows(wallet, line);
  const place = line.places.map((id) => h("span", { class: "line" }, placeName(wallet, id)));
  if (line.type === "visit") {
    const grant = grantOf(wallet, line);
    const glass = glassBehind(wallet, line);
    const reason = wallet.requests.get(grant?.terms?.request)?.reason;
    return [
      [t("thread.saw"), seenText(seenIn(line))], [t("thread.from"), place], [t("thread.for"), purposeText(details.purpose, reason)],
      line.state === "unpermitted" ? [t("thread.to"), `${placeName(wallet, details.grantee)} · ${personName(line.who)}`] : null,
      [t("thread.by"), basisOf(line, grant, glass)],
    ].filter((row) => row !== null && row[1] !== null);
  }
  if (line.type === "look") {
    const kinds = details.what?.kinds ?? [];
    const what = kinds.length > 0 ? t("thread.kinds", { kinds: list(kinds.map(kindName)), count: details.what.count ?? 0 }) : t("thread.chart");
    return [[t("thread.saw"), what], [t("thread.from"), place], [t("thread.for"), t(`basis.${details.basis}`)]];
  }
  if (line.type !== "allowed") return [];
  return [[t("ask.what"), scopeText(sumOfScopes([{ terms: details }]), line.time)], [t("ask.from"), place],
    [t("thread.to"), [placeName(wallet, details.grantee), details.clinician ? personName(details.clinician) : null].filter(Boolean).join(" · ")]];
}

function basisOf({ state }, grant, glass) {
  if (state === "unpermitted") return t("thread.by-nothing");
  if (glass) return t("thread.by-glass", { moment: moment(glass.from) });
  return grant ? t("thread.by-grant", { moment: moment(grant.given) }) : null;
}

function card(context, line, details, key) {
  const { local, redraw } = context;
  const toggle = () => {
    local.explained = local.explained === key ? null : key;
    redraw();
  };
  const glass = glassBehind(context.wallet, line);
  return h("div", { class: "card entry-card" },
    h("dl", {}, details.map(([label, value]) => h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, value)))),
    glass ? h("button", { type: "button", class: "plain change", "data-keep": `glass-${key}`,
      onClick: () => context.go("emergency", { glass: glass.id }) }, t("emergency.open"), icon("forward")) : null,
    line.state === "waiting"
      ? h("p", { class: "meta not-yet" }, icon("clock"), t("thread.not-proved-yet"))
      : explainedShield({ words: t("shield.entry"), open: local.explained === key, toggle, keep: key }));
}
