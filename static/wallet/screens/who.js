// Who looked: the state of the check, alarms, and the thread by day; one line a visit.

import { h } from "../../shared/dom.js";
import { moment, t } from "../../shared/i18n.js";
import { isLook } from "../model/visits.js";
import { alarmCards } from "../parts/alarm_card.js";
import { offlineStrip } from "../parts/notes.js";
import { busy, button, defineScreen, nameTop, page, title } from "../parts/screen.js";
import { shieldLine } from "../parts/shield.js";
import { thread } from "../parts/thread.js";
import { changeLink } from "../wallet.js";

const FIRST = 60;

defineScreen("y-who", {
  start: async (context) => {
    const { wallet, local } = context;
    const newest = wallet.lines().find((line) => isLook(line) && line.entries[0].details);
    local.openKey = newest ? keyOf(newest) : null;
    context.redraw();
    // From here on the person has been shown these looks.
    for (const link of wallet.links) {
      const seq = wallet.views.of(link.subject)?.data?.seq ?? 0;
      if (seq > (link.seenSeq ?? 0)) await changeLink(wallet, link.subject, { seenSeq: seq });
    }
  },
  render: (context) => {
    const { wallet, local, redraw, go } = context;
    const lines = wallet.lines();
    const shown = local.all ? lines : lines.slice(0, FIRST);
    const toggle = (line) => {
      local.openKey = local.openKey === keyOf(line) ? null : keyOf(line);
      redraw();
    };
    return page(context, {
      top: nameTop(wallet),
      body: [
        title(t("tabs.who")),
        offlineStrip(wallet) ?? checked(wallet),
        alarmCards(context),
        lines.length === 0 ? h("p", { class: "empty" }, t("who.empty"))
          : thread(context, shown, { isOpen: (line) => keyOf(line) === local.openKey, toggle, keyOf }),
        lines.length > shown.length ? button("text", t("who.earlier", { count: lines.length - shown.length }), () => {
          local.all = true;
          redraw();
        }) : null,
        wallet.elder ? button("outline", t("tabs.home"), () => go("elder")) : null,
      ],
      tab: "who",
    });
  },
});

export const keyOf = (line) => `${line.link}/${line.type}/${line.entries[0].seq}`;

/** "今天 09:40 已由这部手机核对，共 37 条", only when every link was checked and the log held. */
function checked(wallet) {
  const views = wallet.links.map((link) => wallet.views.of(link.subject));
  if (views.some((view) => view?.status === "failed")) return h("p", { class: "unchecked" }, t("who.failed"));
  const ready = views.every((view) => view?.data && view.status === "checked");
  if (!ready) {
    const since = Math.min(...views.map((view) => view?.since ?? wallet.clock()));
    return busy(since, wallet.clock(), t("who.checking"));
  }
  const count = views.reduce((sum, view) => sum + view.data.entries.length, 0);
  return shieldLine(t("who.checked", { moment: moment(Math.min(...views.map((view) => view.data.at))), count }));
}
