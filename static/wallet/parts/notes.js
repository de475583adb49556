// Quiet notes under the name: not checked since, waiting for a new phone's delay, a change of phones to answer.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moment, t } from "../../shared/i18n.js";
import { placeName } from "./words.js";

/** "09:41 核对过，之后还没有" when an institution could not be reached or did not let this phone in. */
export function offlineStrip(wallet) {
  const views = wallet.links.map((link) => wallet.views.of(link.subject));
  const old = views.filter((view) => view && ["offline", "refused"].includes(view.status));
  if (old.length === 0) return null;
  const times = old.map((view) => view.data?.at).filter(Boolean);
  const words = times.length > 0 ? t("offline.as-of", { moment: moment(Math.min(...times)) }) : t("offline.never");
  return h("p", { class: "strip", role: "status" }, icon("clock"), words);
}

/** Notes of links whose keys changed: this phone waits, or was replaced. */
export function waitingNotes({ wallet, go }) {
  return wallet.links.flatMap((link) => {
    const data = wallet.views.of(link.subject)?.data;
    const own = data?.keys?.find((key) => key.kid === link.kid);
    if (!own) return [];
    const place = placeName(wallet, link.institution);
    if (data.contested) return [note(t("rekey.contested-note", { place }))];
    if (own.status === "waiting" && own.until > wallet.clock()) {
      return [note(t("rekey.waiting-note", { place, moment: moment(own.until) }))];
    }
    if (own.status === "earlier" || own.status === "removed") {
      return [h("button", { type: "button", class: "note note-button", onClick: () => go("rekey", { subject: link.subject }) },
        icon("phone"), h("span", {}, t("rekey.old-note", { place })), icon("forward"))];
    }
    return [];
  });
}

const note = (words) => h("p", { class: "note", role: "status" }, icon("phone"), h("span", {}, words));
