// Somebody looked without being allowed, full screen before all else: who, why, what, from where, until when; stop it, or
// say that it is wrong. Later the same screen tells what both hospitals found.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moment, t } from "../../shared/i18n.js";
import { stepsOf } from "../model/glasses.js";
import { declarer, facts, reviews, stateOf, stopping, timesOf, titleOf } from "../parts/emergency.js";
import { button, closeTop, defineScreen, page, title } from "../parts/screen.js";
import { shieldLine } from "../parts/shield.js";
import { changeLink, seenGlasses } from "../wallet.js";

const find = ({ wallet, params }) => wallet.glasses().find(({ id }) => id === params.glass);

/** What stands on this screen counts as seen; it grows while it is looked at. */
function markSeen(context) {
  const { wallet } = context;
  const glass = find(context);
  if (!glass || document.visibilityState !== "visible") return;
  const steps = stepsOf(glass, wallet.clock());
  if ((seenGlasses(wallet)[glass.id] ?? 0) >= steps) return;
  const link = wallet.links.find((each) => each.subject === glass.link);
  changeLink(wallet, link.subject, { glassSteps: { ...link.glassSteps, [glass.id]: steps } });
}

defineScreen("y-emergency", {
  start: (context) => {
    markSeen(context);
    const stop = context.wallet.on(() => markSeen(context));
    context.signal.addEventListener("abort", stop);
  },
  render: (context) => {
    const { wallet } = context;
    const glass = find(context);
    const top = closeTop(context);
    if (!glass) return page(context, { top, body: h("p", { class: "empty", role: "status" }, t("emergency.unknown")) });
    const running = stateOf(wallet, glass) === "running";
    const objectedAt = wallet.links.find(({ subject }) => subject === glass.link)?.objected?.[glass.id] ?? null;
    return page(context, {
      top,
      body: [
        h("div", { class: running ? "emergency-head" : "emergency-head calm" },
          h("p", { class: "emergency-name" }, icon("bolt"), t("emergency.name")),
          title(titleOf(wallet, glass)),
          timesOf(wallet, glass).map((words) => h("p", {}, words)),
          glass.waiting ? h("p", {}, t("emergency.waiting")) : null),
        stopped(wallet, glass),
        declarer(wallet, glass),
        facts(wallet, glass),
        reviews(wallet, glass),
        objectedAt === null ? null
          : h("p", { class: "ticked" }, icon("tick"), t("emergency.objected", { moment: moment(objectedAt) })),
      ],
      foot: [
        running ? stopping(wallet, glass)
          : button("primary", t("link.home"), () => context.go("home", {}, { replace: true }), { "data-keep": "home" }),
        objectedAt === null
          ? button("text", t("emergency.object"), () => context.go("objection", { glass: glass.id }), { "data-keep": "object" })
          : null,
      ],
      after: !running,
    });
  },
});

/** Said behind the phone's own receipt, or the log itself. */
function stopped(wallet, glass) {
  const state = stateOf(wallet, glass);
  if (!["stopped", "stopped-there"].includes(state)) return null;
  return h("div", { role: "status" }, shieldLine(t("emergency.stopped")));
}
