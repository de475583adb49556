// Large type: one door at a time, three actions, the same words.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moment, t } from "../../shared/i18n.js";
import { alarmCards } from "../parts/alarm_card.js";
import { emergencyCards } from "../parts/emergency_card.js";
import { cardPerson, stateWords } from "../parts/door_card.js";
import { offlineStrip, waitingNotes } from "../parts/notes.js";
import { shieldLine } from "../parts/shield.js";
import { button, defineScreen, nameTop, page, title } from "../parts/screen.js";
import { counted, placeName } from "../parts/words.js";
import { closeDoor, shownDoors } from "../flow/closing.js";
import { WAITING } from "../flow/revoke.js";
import { setElder } from "../state/preferences.js";

defineScreen("y-elder", {
  render: (context) => {
    const { wallet, go } = context;
    const doors = shownDoors(wallet);
    const unseen = wallet.unseen();
    return page(context, {
      top: nameTop(wallet, h("button", { type: "button", class: "pill", "data-keep": "elder",
        onClick: () => setElder(wallet, false).then(() => go("home", {}, { replace: true })) }, t("elder.off"))),
      body: [offlineStrip(wallet), emergencyCards(context), alarmCards(context), waitingNotes(context), oneDoor(context, doors)],
      foot: [
        button("primary", t("scan.button"), () => go("scan"), { icon: "scan", "data-keep": "scan" }),
        h("button", { type: "button", class: "button outline", "data-keep": "who", onClick: () => go("who") },
          icon("eye"), t("tabs.who"), unseen > 0 ? h("span", { class: "count" }, counted("elder.new", unseen)) : null),
      ],
    });
  },
});

function oneDoor(context, doors) {
  const { wallet, local, redraw } = context;
  if (doors.length === 0 && wallet.runningGlasses().length > 0) return null;
  if (doors.length === 0) return h("section", { class: "card elder-door" }, title(t("home.nobody")));
  const at = (local.at ?? 0) % doors.length;
  const { card, state } = doors[at];
  const next = () => {
    local.at = at + 1;
    redraw();
  };
  return h("section", { class: "card elder-door" },
    h("p", { class: "meta" }, t("elder.now")),
    h("h1", { class: "title" }, card.grantee ? placeName(wallet, card.grantee) : t("door.withheld")),
    h("p", {}, cardPerson(card)),
    h("p", {}, t("until", { moment: moment(card.notAfter) })),
    closing(wallet, card, state),
    doors.length > 1
      ? button("text", counted("elder.more", doors.length - 1), next, { "data-keep": "next" }) : null);
}

function closing(wallet, card, state) {
  if (state === "done") return h("div", { role: "status" }, shieldLine(t("door.taken-back")));
  return [
    WAITING.includes(state) ? null : button("tint", t("elder.take-back"), () => closeDoor(wallet, card), {
      disabled: state && state !== "failed" ? true : null, "data-keep": "take-back",
    }),
    state ? h("p", { class: "door-state", role: "status" }, stateWords({ wallet, card, state })) : null,
  ];
}
