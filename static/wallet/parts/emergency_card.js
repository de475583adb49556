// An emergency on the first screen, before alarms and looks: who, how long still, and the way to stop it at once.
// Once it has ended it says so quietly until both reviews are there and were seen.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { reviewBy, reviewersOf, stepsOf } from "../model/glasses.js";
import { seenGlasses } from "../wallet.js";
import { stateOf, stopping, timesOf, unnamedText } from "./emergency.js";
import { phrases } from "./screen.js";
import { placeName, unitAndDoctor } from "./words.js";

export const emergencyCards = (context) => context.wallet.pressingGlasses().map((glass) => (
  stateOf(context.wallet, glass) === "running" ? running(context, glass) : ended(context, glass)
));

const who = (wallet, { details, declaration, state }) => (details === null ? unnamedText({ state })
  : [placeName(wallet, details.declaring), unitAndDoctor(declaration.clinician.department, details.user)].join(" · "));

const open = ({ go }, glass, props, ...children) => h("button", {
  type: "button", "data-keep": `emergency-${glass.id}`, onClick: () => go("emergency", { glass: glass.id }), ...props,
}, children);

function running(context, glass) {
  const { wallet } = context;
  return h("section", { class: "emergency-card", "aria-label": t("emergency.name") },
    open(context, glass, { class: "plain emergency-more" }, icon("bolt"),
      h("span", { class: "emergency-words" }, h("strong", {}, t("emergency.name")), h("span", {}, who(wallet, glass)),
        h("span", { class: "meta" }, timesOf(wallet, glass)[1]),
        glass.waiting ? h("span", { class: "meta" }, t("emergency.waiting")) : null),
      icon("forward")),
    stopping(wallet, glass));
}

function ended(context, glass) {
  const { wallet } = context;
  const seen = seenGlasses(wallet)[glass.id] ?? 0;
  const waiting = reviewersOf(glass).some((id) => reviewBy(glass, id) === null);
  const news = glass.reviews.length > 0 && seen < stepsOf(glass, wallet.clock());
  const words = news ? "emergency.result-there" : waiting ? "emergency.being-reviewed" : "emergency.settled";
  return open(context, glass, { class: "note note-button" }, icon("bolt"),
    h("span", {}, h("strong", { class: "line" }, phrases(t(`emergency.title.${stateOf(wallet, glass)}`))), t(words)),
    icon("forward"));
}
