// Until when: shorter than what was asked, never longer.

import { h } from "../../shared/dom.js";
import { moment, remaining, t } from "../../shared/i18n.js";
import { backTop, button, defineScreen, page, title } from "../parts/screen.js";

const inFlow = (render) => (context) => (context.wallet.flow?.choice ? render(context, context.wallet.flow) : null);

const HOUR = 3_600_000;
const CHOICES = [2 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR, 90 * 24 * HOUR];

defineScreen("y-until", {
  start: ({ wallet, local }) => {
    local.now = wallet.clock();
  },
  render: inFlow((context, { ask, choice }) => {
    const { local, wallet, redraw } = context;
    local.now ??= wallet.clock();
    const asked = ask.request.not_after;
    const shorter = CHOICES.filter((span) => local.now + span < asked - 5 * 60_000);
    const moments = [...shorter.map((span) => local.now + span), asked];
    const nearest = moments.reduce((best, each) => (Math.abs(each - choice.notAfter) < Math.abs(best - choice.notAfter) ? each : best));
    return page(context, {
      top: backTop(context, t("back")),
      body: [
        title(t("until.title")),
        h("p", { class: "meta" }, t("until.narrow")),
        h("fieldset", { class: "card checks" }, h("legend", { class: "visually-hidden" }, t("until.title")),
          moments.map((each) => until({ each, span: each - local.now, checked: each === nearest, asked: each === asked, set: () => {
            choice.notAfter = each;
            redraw();
          } }))),
      ],
      foot: button("primary", t("done"), context.back),
    });
  }),
});

function until({ each, span, checked, asked, set }) {
  const id = `until-${each}`;
  return h("div", { class: "check-row" },
    h("input", { type: "radio", name: "until", id, checked: checked ? true : null, onChange: set, "data-keep": id }),
    h("label", { for: id }, h("strong", {}, t("until.for", { time: remaining(span) })),
      h("span", { class: "meta" }, t("until", { moment: moment(each) }), asked ? ` · ${t("until.asked")}` : "")));
}
