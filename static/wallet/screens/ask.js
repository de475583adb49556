// A doctor asks: who, why, what, from where, until when; then three digits, and the answer.

import { h } from "../../shared/dom.js";
import { digits } from "../../shared/digits.js";
import { moment, remaining, t } from "../../shared/i18n.js";
import { refuseAsk } from "../flow/ask.js";
import { chosenLinks, firstChoice, partsOf, summaryOf } from "../flow/choice.js";
import { plateRow } from "../parts/plate.js";
import { shieldLine } from "../parts/shield.js";
import { button, closeTop, defineScreen, page, title } from "../parts/screen.js";
import { placeName, purposeText, scopeText, unitAndDoctor } from "../parts/words.js";

defineScreen("y-ask", {
  start: (context) => {
    const { wallet, go } = context;
    if (!wallet.flow?.ask) go("home", {}, { replace: true });
  },
  render: (context) => {
    const { flow } = context.wallet;
    if (!flow?.ask) return null;
    flow.choice ??= firstChoice(flow.ask);
    return context.local.refused ? refused(context) : asking(context, flow);
  },
});

function asking(context, { ask, choice, claimed, offered }) {
  const { wallet } = context;
  const { request } = ask;
  const summary = summaryOf(wallet, ask, choice);
  return page(context, {
    top: closeTop(context),
    body: [
      title(t(offered ? "offer.ask-title" : "ask.title")),
      h("section", { class: "card" },
        plateRow(claimed.institution, placeName(wallet, request.institution),
          unitAndDoctor(request.clinician.department, request.clinician)),
        shieldLine(t("ask.checked"))),
      rows(context, { ask, choice, summary }),
      h("p", { class: "meta always" }, t(summary.sensitive ? "ask.always-sensitive" : "ask.always")),
      h("div", { class: "digits-block" }, h("p", { class: "question" }, t("ask.question")), digits(claimed.digits)),
    ],
    foot: answers(context, { ask, choice, claimed }),
    after: true,
  });
}

function rows({ wallet, go }, { ask, choice, summary }) {
  const { request } = ask;
  const now = wallet.clock();
  const nothing = summary.kinds.length === 0 && summary.singles === 0;
  const places = chosenLinks(ask, choice).map((link) => h("span", { class: "line" }, placeName(wallet, link.institution)));
  return h("dl", { class: "card rows" },
    row(t("ask.why"), purposeText(request.purpose, request.reason)),
    row(t("ask.what"), nothing ? t("ask.nothing") : scopeText(summary, now), () => go("choose"), "what"),
    row(t("ask.from"), places.length > 0 ? places : t("ask.nowhere"), () => go("from"), "from"),
    row(t("ask.until"), [moment(choice.notAfter), h("span", { class: "line meta" }, t("ask.until-in", { time: remaining(choice.notAfter - now) }))],
      () => go("until"), "until"));
}

function row(label, value, change = null, keep = null) {
  return h("div", { class: "row" }, h("dt", {}, label), h("dd", {}, value),
    change ? h("dd", { class: "row-change" }, h("button", { type: "button", class: "plain change", onClick: change,
      "data-keep": `change-${keep}`, "aria-label": t("ask.change-what", { what: label }) }, t("ask.change"))) : null);
}

function answers(context, { ask, choice, claimed }) {
  const { wallet, go, local, redraw } = context;
  const parts = partsOf(wallet, ask, choice);
  const allow = () => go("given", {}, { replace: true });
  const refuse = async () => {
    await refuseAsk(claimed).catch(() => null);
    local.refused = true;
    wallet.flow = { ...wallet.flow, done: true };
    redraw();
  };
  return [
    parts.problem ? h("p", { class: "meta centred", role: "status" }, t(`choose.${parts.problem}`)) : null,
    button("go", t("ask.allow"), allow, { icon: "tick", disabled: parts.problem ? true : null, "data-keep": "allow" }),
    button("text", t("ask.refuse"), refuse),
  ];
}

const refused = (context) => page(context, {
  top: closeTop(context),
  body: h("div", { class: "statement", role: "status" }, title(t("ask.refused")), h("p", {}, t("ask.refused-more"))),
  foot: button("primary", t("link.home"), () => context.go("home", {}, { replace: true })),
});
