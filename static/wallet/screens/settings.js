// Settings: language, large type, where this phone is connected, which phones may act, whether the browser keeps all this.

import { h } from "../../shared/dom.js";
import { day, lang, moment, setLanguage, t } from "../../shared/i18n.js";
import { plateRow } from "../parts/plate.js";
import { defineScreen, nameTop, page, title } from "../parts/screen.js";
import { placeName } from "../parts/words.js";
import { setElder } from "../state/preferences.js";
import { standing } from "../verify/link_rules.js";

defineScreen("y-settings", {
  start: async (context) => {
    context.local.persisted = (await navigator.storage?.persisted?.()) ?? false;
    context.redraw();
  },
  render: (context) => page(context, {
    top: nameTop(context.wallet),
    body: [
      title(t("tabs.settings")),
      choice(t("settings.language"), [["zh-CN", "中文"], ["en", "English"]], lang(), (value) => {
        setLanguage(value);
        context.wallet.changed();
      }),
      choice(t("settings.size"), [["off", t("elder.off")], ["on", t("elder.on")]], context.wallet.elder ? "on" : "off", async (value) => {
        await setElder(context.wallet, value === "on");
        context.wallet.changed();
      }),
      h("h2", { class: "section" }, t("settings.places")),
      context.wallet.links.map((link) => place(context, link)),
      h("h2", { class: "section" }, t("settings.kept")),
      h("div", { class: "card" }, h("p", {}, t(context.local.persisted ? "settings.persisted" : "settings.not-persisted")),
        h("p", { class: "meta" }, t("settings.lost"))),
    ],
    tab: "settings",
  }),
});

function choice(label, options, current, set) {
  return h("div", { class: "setting" }, h("h2", { class: "section" }, label),
    h("div", { class: "segments", role: "group", "aria-label": label }, options.map(([value, words]) => h(
      "button", { type: "button", class: "segment", "aria-pressed": String(value === current),
        "data-keep": `${label}-${value}`, onClick: () => set(value) }, words,
    ))));
}

function place({ wallet }, link) {
  const view = wallet.views.of(link.subject);
  const keys = (view?.data?.keys ?? []).map((key) => ({ ...key, now: standing(key, wallet.clock()) }));
  const checked = view?.data ? t("settings.checked", { moment: moment(view.data.at), count: view.data.seq }) : t("settings.not-checked");
  return h("section", { class: "card" },
    plateRow(wallet.institution(link.institution), placeName(wallet, link.institution), t("settings.since", { day: day(link.linkedAt) }), checked),
    h("ul", { class: "phones" }, keys.map((key) => h("li", {}, h("span", {}, t(key.kid === link.kid ? "settings.this-phone" : "settings.other-phone")),
      h("span", { class: "meta" }, t(`settings.phone-${key.now}`))))));
}
