// After "allow": the grants are made, handed over, and followed until the doctor has compared the digits too.

import { h } from "../../shared/dom.js";
import { digits } from "../../shared/digits.js";
import { icon } from "../../shared/icons.js";
import { moment, t } from "../../shared/i18n.js";
import { give, handOver, waitForDoctor } from "../flow/ask.js";
import { partsOf } from "../flow/choice.js";
import { revokeGrants } from "../flow/revoke.js";
import { plateRow } from "../parts/plate.js";
import { button, closeTop, defineScreen, page, title } from "../parts/screen.js";
import { placeName, unitAndDoctor } from "../parts/words.js";

async function begin(context) {
  const { wallet, go } = context;
  const { flow } = wallet;
  if (!flow?.choice || flow.done) {
    go("home", {}, { replace: true });
    return;
  }
  flow.done = true; // a second press, or a reload of this screen, never gives twice
  flow.parts = partsOf(wallet, flow.ask, flow.choice);
  await send(context);
}

async function send({ wallet, local, redraw, signal }) {
  const { flow } = wallet;
  const set = (change) => {
    Object.assign(local, change);
    redraw();
  };
  set({ state: "sending" });
  const { given, failed } = await give(wallet, flow.ask, flow.parts, flow.choice.notAfter);
  set({ given, failed });
  if (given.length === 0) {
    set({ state: "not-recorded" });
    return;
  }
  try {
    await handOver(flow.claimed, given);
  } catch {
    await takeBack(wallet, given);
    set({ state: "not-handed" });
    return;
  }
  set({ state: "waiting" });
  given.forEach(({ link }) => wallet.views.refresh(link));
  const outcome = await waitForDoctor(wallet, flow.claimed, given, signal);
  if (outcome !== null) set({ state: outcome });
}

const takeBack = (wallet, given) => revokeGrants(wallet, given.map(({ link, grant }) => (
  { id: grant, link: link.subject, custodian: link.institution }
)));

defineScreen("y-given", {
  start: begin,
  render: (context) => {
    const { flow } = context.wallet;
    if (!flow?.choice) return null;
    const { local } = context;
    return page(context, {
      top: closeTop(context, local.state === "sending" ? () => null : undefined),
      body: [heading(local, flow), who(context, flow), middle(local, flow), failures(context)],
      foot: foot(context),
    });
  },
});

const ENDED = ["stopped", "expired", "not-recorded", "not-handed", "taken-back"];

function heading({ state }, { choice }) {
  if (state === "sending" || state === undefined) return h("div", { role: "status" }, title(t("given.sending")));
  if (ENDED.includes(state)) return h("div", { role: "alert" }, title(t(`given.${state}`)));
  return h("div", { role: "status" }, title(t("given.done", { moment: moment(choice.notAfter) })));
}

function who({ wallet }, { ask, claimed }) {
  const { clinician, institution } = ask.request;
  return h("section", { class: "card" }, plateRow(claimed.institution, placeName(wallet, institution),
    unitAndDoctor(clinician.department, clinician)));
}

function middle({ state }, { claimed }) {
  if (ENDED.includes(state)) return h("p", {}, t(`given.${state}-more`));
  if (state === "accepted") return h("p", { class: "ticked", role: "status" }, icon("tick"), t("given.accepted"));
  if (state !== "waiting") return null;
  return h("div", { class: "digits-block" }, h("p", { class: "question", role: "status" }, t("given.waiting")), digits(claimed.digits),
    h("p", { class: "meta centred" }, t("given.waiting-more")));
}

function failures({ wallet, local }) {
  if (!local.failed?.length || local.given?.length === 0) return null;
  return h("p", { class: "strip", role: "status" },
    t("given.partly", { places: local.failed.map((link) => placeName(wallet, link.institution)).join(" · ") }));
}

function foot(context) {
  const { wallet, local, go, redraw } = context;
  const home = button("primary", t("link.home"), () => go("home", {}, { replace: true }));
  if (local.state === "not-recorded") {
    return [button("primary", t("again"), () => send(context)), button("text", t("link.home"), () => go("home", {}, { replace: true }))];
  }
  if (!["waiting", "accepted"].includes(local.state)) return ENDED.includes(local.state) ? home : null;
  const undo = async () => {
    const outcome = await takeBack(wallet, local.given);
    local.state = outcome === "done" ? "taken-back" : local.state;
    redraw();
    if (outcome !== "done") go("home", {}, { replace: true });
  };
  return [home, button("tint", t("door.take-back"), undo)];
}
