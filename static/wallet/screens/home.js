// Home: who can see the records now, as a sentence; then the doors, each with its time and its way to close it.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moment, t } from "../../shared/i18n.js";
import { alarmCards } from "../parts/alarm_card.js";
import { doorCard } from "../parts/door_card.js";
import { emergencyCards } from "../parts/emergency_card.js";
import { busy, button, defineScreen, nameTop, page, title } from "../parts/screen.js";
import { counted } from "../parts/words.js";
import { offlineStrip, waitingNotes } from "../parts/notes.js";
import { closeDoor, shownDoors } from "../flow/closing.js";
import { setElder } from "../state/preferences.js";

defineScreen("y-home", {
  render: (context) => (context.wallet.elder ? null : standard(context)),
  start: (context) => {
    if (context.wallet.elder) context.go("elder", {}, { replace: true });
  },
});

function standard(context) {
  const { wallet, go } = context;
  const doors = shownDoors(wallet);
  const close = (card) => closeDoor(wallet, card);
  return page(context, {
    top: nameTop(wallet, h("button", { type: "button", class: "pill", "data-keep": "elder",
      onClick: () => setElder(wallet, true).then(() => go("elder", {}, { replace: true })) }, t("elder.on"))),
    body: [
      offlineStrip(wallet),
      emergencyCards(context),
      title(stateSentence(wallet)),
      alarmCards(context),
      waitingNotes(context),
      newLooks(context),
      doors.length === 0 ? h("p", { class: "meta" }, t("home.how")) : null,
      h("div", { class: "cards" }, doors.map(({ card, state }) => doorCard({ wallet, card, state, close }))),
    ],
    foot: h("div", { class: "side-by-side" },
      button("primary", t("scan.button"), () => go("scan"), { icon: "scan", "data-keep": "scan" }),
      button("outline", t("offer.button"), () => go("offer"), { "data-keep": "offer" })),
    tab: "home",
  });
}

/** "现在有 2 家医院能看您的记录", or what was true when it was last checked. */
export function stateSentence(wallet) {
  const views = wallet.links.map((link) => wallet.views.of(link.subject));
  if (!views.some((view) => view?.data)) return t("home.checking");
  if (views.some((view) => view?.status === "failed")) return t("home.unsure");
  const places = placesThatSee(wallet);
  const unsure = views.filter((view) => view?.status !== "checked" && view?.status !== "checking" && view?.data);
  if (unsure.length > 0) {
    const as = moment(Math.min(...unsure.map((view) => view.data.at)));
    return places === 0 ? t("home.nobody-as-of", { moment: as }) : counted("home.open-as-of", places, { moment: as });
  }
  const replaced = views.some((view) => view?.data?.reading === "until-removed");
  if (places === 0) return t(replaced ? "home.replaced" : "home.nobody");
  return counted("home.open", places);
}

/** How many institutions can look now, because they were allowed to or because of an emergency. */
function placesThatSee(wallet) {
  // What was taken back counts at its custodian from then on, recorded by the others or not.
  const closed = new Set(shownDoors(wallet).filter(({ state }) => state === "queued").map(({ card }) => card.key));
  const allowed = wallet.openDoors().filter(({ key }) => !closed.has(key)).map((card) => card.grantee ?? card.key);
  return new Set([...allowed, ...wallet.runningGlasses().map((glass) => glass.details?.declaring ?? glass.id)]).size;
}

export function newLooks({ wallet, go }) {
  const unseen = wallet.unseen();
  const checking = wallet.links.map((link) => wallet.views.of(link.subject)).find((view) => view?.status === "checking");
  if (unseen === 0) return checking ? busy(checking.since, wallet.clock(), t("home.checking")) : null;
  return h("button", { type: "button", class: "plain new-looks", "data-keep": "new-looks", onClick: () => go("who") },
    icon("eye"), h("span", {}, counted("home.new", unseen)), icon("forward"));
}
