// An alarm: what, where, what to do. Above everything, never a toast, until it is settled or explained.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { day, t } from "../../shared/i18n.js";
import { counted, placeName } from "./words.js";

/** These may come once a look: those of one place stand together. */
const COUNTED = ["unpermitted", "withheld"];

/** Alarms of all links as {link, code, facts, count}. */
export function alarmsOf(wallet) {
  return wallet.links.flatMap((link) => {
    const alarms = wallet.views.of(link.subject)?.data?.alarms ?? [];
    const others = alarms.filter(({ code }) => !COUNTED.includes(code)).map((alarm) => ({ link, ...alarm, count: 1 }));
    return [...others, ...COUNTED.flatMap((code) => {
      const same = alarms.filter((alarm) => alarm.code === code);
      return same.slice(-1).map((alarm) => ({ link, ...alarm, count: same.length }));
    })];
  });
}

export const alarmCards = (context) => alarmsOf(context.wallet).map((alarm) => alarmCard(context, alarm));

function alarmCard({ wallet, go }, alarm) {
  const { code, facts, count, link } = alarm;
  const where = [placeName(wallet, link.institution), facts.time ? day(facts.time) : null].filter(Boolean).join(" · ");
  return h("section", { class: "alarm", role: "alert" }, icon("alarm"),
    h("div", { class: "alarm-words" }, h("strong", {}, alarmTitle(code, facts, count)), h("p", {}, where)),
    h("button", { type: "button", class: "plain alarm-more", "data-keep": `alarm-${link.subject}-${code}`,
      onClick: () => go("gap", { subject: link.subject, code }) }, t("alarm.what-to-do"), icon("forward")));
}

export function alarmTitle(code, facts, count = 1) {
  return COUNTED.includes(code) ? counted(`alarm.${code}.title`, count) : t(`alarm.${code}.title`);
}
