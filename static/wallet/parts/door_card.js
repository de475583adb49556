// An open door: who, what, how long still, and one tap to close it.

import { h } from "../../shared/dom.js";
import { list, moment, remaining, t } from "../../shared/i18n.js";
import { WAITING } from "../flow/revoke.js";
import { sumOfScopes } from "../model/doors.js";
import { plateRow } from "./plate.js";
import { shieldLine } from "./shield.js";
import { button } from "./screen.js";
import { personName, placeName, scopeText, unitAndDoctor } from "./words.js";

/** `state`: undefined | "sending" | "slow" | one of WAITING | "done" | "failed". */
export function doorCard({ wallet, card, state, close }) {
  const now = wallet.clock();
  const institution = card.grantee ? wallet.institution(card.grantee) : null;
  const kept = wallet.requests.get(card.request);
  const name = card.grantee ? placeName(wallet, card.grantee) : t("door.withheld");
  const who = unitAndDoctor(kept?.department, card.clinician);
  const what = card.request ? scopeText(sumOfScopes(card.grants), card.given) : "";
  return h("article", { class: "card door", "aria-label": name },
    plateRow(institution, name, who, what),
    state === "done" || state === "queued" ? null : timeBar(card, now),
    h("div", { class: "door-end" }, timeWords(wallet, card, state), takeBack(state, name, card, close)));
}

/** 5–6 px, full when given, empty at the end; the words beside it say the same. */
export function timeBar({ given, notBefore, notAfter }, now) {
  const start = Math.max(given, notBefore ?? 0);
  const left = Math.max(0, Math.min(1, (notAfter - now) / Math.max(1, notAfter - start)));
  const bar = h("div", { class: "bar", "aria-hidden": "true" }, h("div", { class: "bar-left" }));
  bar.firstElementChild.style.inlineSize = `${Math.round(left * 1000) / 10}%`;
  return bar;
}

/** What became of taking back; `place`: where it counts already. */
export function stateWords({ wallet, card, state }) {
  const place = list([...new Set(card.grants.map(({ custodian }) => custodian))].map((id) => placeName(wallet, id)));
  return state === "sending" ? "" : t(`door.${state}`, { place });
}

function timeWords(wallet, card, state) {
  const { notBefore, notAfter } = card;
  const now = wallet.clock();
  if (state === "done") return h("div", { role: "status" }, shieldLine(t("door.taken-back")));
  if (state) return h("p", { class: "door-state", role: "status" }, stateWords({ wallet, card, state }));
  if (notBefore > now + 60_000) return h("p", { class: "time-left" }, t("door.begins", { moment: moment(notBefore) }));
  return h("div", {},
    h("p", { class: "time-left" }, t("door.left", { time: remaining(notAfter - now) })),
    h("p", { class: "meta" }, t("until", { moment: moment(notAfter) })));
}

function takeBack(state, name, card, close) {
  // What waits is the phone's to hand in again: there is nothing more to press.
  if (state === "done" || WAITING.includes(state)) return null;
  return button("tint", t("door.take-back"), () => close(card), {
    disabled: state && state !== "failed" ? true : null,
    "aria-label": t("door.take-back-from", { name }), "data-keep": `close-${card.key}`,
  });
}

export const cardPerson = (card) => (card.clinician ? personName(card.clinician) : "");
