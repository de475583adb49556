// Something does not hold, full screen at first sight: what, where, what still holds, what to do, and the evidence.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moment, t } from "../../shared/i18n.js";
import { alarmTitle } from "../parts/alarm_card.js";
import { backTop, button, defineScreen, page, title } from "../parts/screen.js";
import { placeName } from "../parts/words.js";

/** These leave every other entry of the link proved, so the screen may say so. */
const OTHERS_HOLD = new Set(["withheld", "unpermitted", "gap", "missing"]);

defineScreen("y-gap", {
  start: ({ wallet, params }) => wallet.shouted.add(`${params.subject}/${params.code}`),
  render: (context) => {
    const { wallet, params, local, go } = context;
    const link = wallet.links.find((each) => each.subject === params.subject);
    const view = wallet.views.of(params.subject);
    const alarm = view?.data?.alarms.find((each) => each.code === params.code);
    const top = backTop(context, t("tabs.who"), () => go("who", {}, { replace: true }));
    if (!alarm) return page(context, { top, body: h("p", { class: "empty", role: "status" }, t("gap.settled")), tab: "who" });
    const place = placeName(wallet, link.institution);
    const count = alarm.facts.seqs?.length ?? 1;
    const proved = view.data.entries.some((entry) => entry.state === "checked");
    return page(context, {
      top,
      body: [
        h("span", { class: "alarm-mark" }, icon("alarm")),
        h("div", { role: "alert" }, title(alarmTitle(alarm.code, alarm.facts))),
        h("p", {}, t(`alarm.${alarm.code}.text`, { place, count, moment: alarm.facts.time ? moment(alarm.facts.time) : "" })),
        OTHERS_HOLD.has(alarm.code) && proved ? h("p", {}, t("gap.others-hold")) : h("p", {}, t("gap.phone-fine")),
        picture(alarm.facts),
        local.told ? h("section", { class: "card", id: "told", role: "status" }, h("h2", { class: "place" }, t("gap.tell")), h("p", {}, t("gap.tell-how", { place }))) : null,
      ],
      foot: [
        button("alarm", t("gap.tell"), () => tell(context, { place, alarm, count }), { icon: "phone" }),
        button("text", t(local.kept ? "gap.kept" : "gap.keep"), () => keep(context, view, params)),
      ],
    });
  },
});

function picture({ seqs, before, after }) {
  if (!seqs?.length || (!before && !after)) return null;
  const row = (sign, heading, under) => h("li", { class: sign }, h("strong", {}, heading), h("span", { class: "meta" }, under));
  const standing = (entry) => (entry ? row("knot look", moment(entry.time), t("gap.entry", { seqs: entry.seq })) : null);
  const numbers = seqs.length > 4 ? `${seqs[0]}–${seqs[seqs.length - 1]}` : seqs.join(t("list.comma"));
  return h("ol", { class: "card hole" }, standing(after), row("hatched", t("gap.missing", { count: seqs.length }), t("gap.entry", { seqs: numbers })), standing(before));
}

async function tell({ local, redraw }, { place, alarm, count }) {
  local.told = true;
  redraw();
  requestAnimationFrame(() => document.getElementById("told")?.scrollIntoView({ block: "center" }));
  const text = `${place} · ${alarmTitle(alarm.code, alarm.facts)}\n${t(`alarm.${alarm.code}.text`, { place, count, moment: "" })}`;
  await navigator.share?.({ text }).catch(() => null);
}

/** The exact answer of the server and what was kept before: enough for somebody else to check. */
function keep({ wallet, local, redraw }, view, { subject, code }) {
  const evidence = { yaoshi: "evidence", version: 1, ledger: wallet.genesis.id, subject, alarm: code, alarms: view.data.alarms, ...view.evidence };
  const address = URL.createObjectURL(new Blob([JSON.stringify(evidence, null, 1)], { type: "application/json" }));
  h("a", { href: address, download: `yaoshi-evidence-${code}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  local.kept = true;
  redraw();
}
