// Lines of the thread about an emergency: declared, stopped, reviewed; and the emergency behind a visit.

import { h } from "../../shared/dom.js";
import { moment, t } from "../../shared/i18n.js";
import { spanOf } from "../verify/permits.js";
import { reasonText } from "./emergency.js";
import { personName, placeName } from "./words.js";

/** The emergency that a line is about or stands under, or null. */
export function glassBehind(wallet, { entries: [entry] }) {
  const { glass, under } = entry.payload ?? {};
  const id = entry.payload?.kind === "glass.broken" ? entry.id : glass ?? under;
  return wallet.glasses().find((each) => each.id === id) ?? null;
}

/** First and second line; `place`: the custodian, `late`: words of its own. */
export function glassWords(wallet, line, { place, late }) {
  const { details } = line.entries[0];
  if (line.type === "glass-broken") {
    return { heading: t("thread.glass-broken"), under: `${placeName(wallet, details.declaring)} · ${personName(details.user)}${late}` };
  }
  if (line.type === "glass-reviewed") {
    return { heading: t(`thread.glass-${details.verdict}`), under: placeName(wallet, details.institution) };
  }
  return { heading: t(`thread.${line.type}`), under: place + late };
}

/** [label, value] of what such a line can show. */
export function glassRows(wallet, { type, entries: [{ details, payload, time, late, state }], places }) {
  if (type === "glass-broken") {
    return [
      [t("emergency.why"), reasonText(details.reason)],
      [t("thread.from"), places.map((id) => h("span", { class: "line" }, placeName(wallet, id)))],
      [t("thread.at-most"), moment(spanOf(payload, time, late || state === "waiting").until)],
    ];
  }
  if (type !== "glass-reviewed") return [];
  return [[t("thread.who"), personName(details.reviewer)], details.words ? [t("thread.said"), details.words] : null].filter(Boolean);
}
