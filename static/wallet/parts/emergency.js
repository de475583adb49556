// An emergency as a person reads it: who, why, what, from where, until when; what both reviews said; the way to stop it.
// Names and reasons stand here only when the declaration's signature and what it commits to held on this phone.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { has, moment, remaining, t } from "../../shared/i18n.js";
import { stopGlass, stoppingState } from "../flow/stopping.js";
import { isRunning, reviewBy, reviewersOf } from "../model/glasses.js";
import { seenIn } from "../model/visits.js";
import { plateRow } from "./plate.js";
import { button } from "./screen.js";
import { shieldLine } from "./shield.js";
import { personName, placeName, roughly, seenText, unitAndDoctor } from "./words.js";

/** "running", "stopped" (by the patient), "stopped-there" (by the hospital) or "over"; stopped as its receipt tells it. */
export function stateOf(wallet, glass) {
  if (glass.closed !== null) return glass.closed.byHospital ? "stopped-there" : "stopped";
  if (stoppingState(wallet, glass) === "done") return "stopped";
  return isRunning(glass, wallet.clock()) ? "running" : "over";
}

/** The first line, as the state has it. */
export function titleOf(wallet, glass) {
  const state = stateOf(wallet, glass);
  if (state !== "running") return t(`emergency.title.${state}`);
  if (glass.details === null) return t("emergency.title.unnamed");
  return t(glass.looks.length > 0 ? "emergency.title" : "emergency.title.before");
}

/** "今天 03:26，6 小时前。" and, while it runs, when it stops by itself. */
export function timesOf(wallet, glass) {
  const now = wallet.clock();
  const since = t("emergency.since", { moment: moment(glass.from), time: roughly(now - glass.from) });
  const state = stateOf(wallet, glass);
  if (state === "running") {
    return [since, t("emergency.stops-in", { time: remaining(glass.until - now), moment: moment(glass.until) })];
  }
  const end = glass.closed?.time ?? (state === "over" ? glass.until : null);
  return [since, end === null ? null : t("emergency.ended-at", { moment: moment(end) })].filter(Boolean);
}

export const reasonText = (code) => t(has(`emergency.reason.${code}`) ? `emergency.reason.${code}` : "emergency.reason.unknown");

/** Why nobody is named: the law erased it, or the hospital does not say. */
export const unnamedText = ({ state }) => t(state === "erased" ? "thread.erased" : "emergency.unnamed");

/** Plate, hospital, unit and person; the shield only behind a signature that held. */
export function declarer(wallet, { details, declaration, state }) {
  if (details === null) return h("section", { class: "card" }, h("p", {}, unnamedText({ state })));
  return h("section", { class: "card" },
    plateRow(wallet.institution(details.declaring), placeName(wallet, details.declaring),
      unitAndDoctor(declaration.clinician.department, details.user)),
    shieldLine(t("ask.checked")));
}

/** Reason, what was seen, from where. */
export function facts(wallet, { details, declaration, looks, custodian }) {
  const row = (label, value) => h("div", { class: "row" }, h("dt", {}, label), h("dd", {}, value));
  const words = declaration?.text ? h("span", { class: "line meta" }, t("emergency.words", { words: declaration.text })) : null;
  return h("dl", { class: "card rows" },
    details === null ? null : row(t("emergency.why"), [h("span", { class: "line" }, reasonText(details.reason)), words]),
    row(t("emergency.saw"), looks.length > 0 ? seenText(seenIn({ entries: looks })) : t("emergency.nothing-yet")),
    row(t("emergency.from"), placeName(wallet, custodian)));
}

/** What both hospitals said of it; before that, that they will. */
export function reviews(wallet, glass) {
  const institutions = reviewersOf(glass);
  if (glass.reviews.length === 0) return h("p", { class: "meta always" }, t("emergency.will-review"));
  const against = glass.reviews.some(({ verdict }) => verdict === "not-justified");
  return h("section", { class: "card reviews" },
    h("h2", { class: "place" }, t("emergency.reviews")),
    h("ul", {}, institutions.map((id) => h("li", {}, review(wallet, id, reviewBy(glass, id))))),
    against ? h("p", { class: "meta" }, t("emergency.against-todo")) : null);
}

function review(wallet, institution, found) {
  const place = h("span", { class: "meta" }, placeName(wallet, institution));
  if (found === null) return [place, h("p", {}, t("emergency.still-reviewing"))];
  const { verdict, words, time, reviewer } = found;
  if (verdict === null) return [place, h("p", {}, t("emergency.verdict-withheld"))];
  const by = t("emergency.reviewed-by", { name: personName(reviewer), moment: moment(time) });
  return [place,
    h("p", { class: verdict === "justified" ? "ticked" : "against" }, icon(verdict === "justified" ? "tick" : "alarm"),
      t(`emergency.verdict.${verdict}`)),
    words ? h("p", {}, t("emergency.words", { words })) : null, h("p", { class: "meta" }, by)];
}

/** The red button, then how far it is; nothing to press once it has ended. */
export function stopping(wallet, glass) {
  if (stateOf(wallet, glass) !== "running") return null;
  const state = stoppingState(wallet, glass);
  return [
    state ? h("p", { class: "door-state centred", role: "status" }, state === "sending" ? "" : t(`emergency.${state}`)) : null,
    button("alarm", t("emergency.stop"), () => stopGlass(wallet, glass), {
      disabled: state && state !== "failed" ? true : null, "data-keep": `stop-${glass.id}`,
    }),
  ];
}
