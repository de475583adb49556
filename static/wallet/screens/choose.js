// What may they see: span, kinds, sensitive ones by their own tick, and the sum. Reading the own records is written down.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { kindName, sensitivityName } from "../../shared/terms.js";
import { SPANS } from "../model/dates.js";
import { familyOf } from "../model/scope.js";
import { partsOf, setGroup, setSpan, spanOfChoice, tickAsked, tickable } from "../flow/choice.js";
import { backTop, busy, button, defineScreen, page, title } from "../parts/screen.js";
import { checkRow } from "../parts/check_row.js";
import { counted, placeName, personName } from "../parts/words.js";
import { loadRecords } from "../wallet.js";

const ORDER = [
  "laboratory", "medication", "allergy", "imaging", "vital-signs", "condition", "immunization", "procedure", "document",
  "encounter", "order", "other",
];

defineScreen("y-choose", {
  start: async (context) => {
    const { wallet, local, redraw, go } = context;
    if (!wallet.flow?.choice) {
      go("home", {}, { replace: true });
      return;
    }
    local.since = wallet.clock();
    setTimeout(redraw, 1_000);
    const missing = wallet.flow.ask.custodians.filter((link) => !wallet.items.has(link.subject));
    local.failed = missing.length > 0 ? await loadRecords(wallet) : [];
    tickAsked(wallet, wallet.flow.ask, wallet.flow.choice);
    local.ready = true;
    redraw();
  },
  render: (context) => {
    const { flow } = context.wallet;
    if (!flow?.choice) return null;
    const { clinician, institution } = flow.ask.request;
    const place = placeName(context.wallet, institution);
    return page(context, {
      top: backTop(context, t("back")),
      body: [
        title(t("choose.title")),
        h("p", { class: "meta" }, t("choose.to", { who: [place, personName(clinician)].join(" · ") })),
        context.local.ready ? choosing(context, flow) : busy(context.local.since ?? null, context.wallet.clock(), t("choose.reading")),
      ],
      foot: context.local.ready ? sum(context, flow) : null,
    });
  },
});

function choosing(context, { ask, choice }) {
  const { wallet, local } = context;
  const items = tickable(wallet, ask, choice);
  const plain = items.filter((item) => familyOf(item) === null);
  const kinds = [...new Set([...plain.map((item) => item.kind), ...ask.request.kinds])]
    .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const families = [...new Set(items.map(familyOf).filter((family) => family !== null))].sort();
  return [
    local.failed?.length > 0
      ? h("p", { class: "strip", role: "status" }, t("choose.unread", { places: local.failed.map((link) => placeName(wallet, link.institution)).join(" · ") })) : null,
    spans(context, ask, choice),
    h("div", { class: "card checks" }, kinds.map((kind) => group(context, choice, {
      name: kindName(kind), items: plain.filter((item) => item.kind === kind), kind, key: kind,
    }))),
    families.length > 0 ? h("h2", { class: "section" }, icon("lock"), t("choose.sensitive")) : null,
    families.length > 0 ? h("div", { class: "card checks" }, families.map((family) => group(context, choice, {
      name: sensitivityName(family), items: items.filter((item) => familyOf(item) === family), kind: null, key: `family-${family}`,
    }))) : null,
    h("p", { class: "meta always" }, t("choose.untold")),
  ];
}

function spans({ wallet, redraw }, ask, choice) {
  const current = spanOfChoice(wallet, choice);
  const set = (span) => {
    setSpan(wallet, ask, choice, span);
    redraw();
  };
  return h("div", { class: "segments", role: "group", "aria-label": t("choose.span") }, SPANS.map((span) => h(
    "button", { type: "button", class: "segment", "aria-pressed": String(span === current),
      "data-keep": `span-${span}`, onClick: () => set(span) }, t(`span.${span}`),
  )));
}

function group({ go, redraw }, choice, { name, items, kind, key }) {
  const ticked = items.filter((item) => choice.ticked.has(item.id)).length;
  const whole = items.length > 0 ? ticked === items.length : kind !== null && choice.kinds.has(kind);
  const words = items.length === 0 ? t("choose.none-yet")
    : whole ? counted("choose.all-of", items.length)
      : ticked > 0 ? t("choose.some-of", { ticked, n: items.length }) : counted("choose.items", items.length);
  return checkRow({
    key, name, words, checked: whole, mixed: ticked > 0 && !whole,
    change: (on) => {
      setGroup(choice, items, on, kind);
      redraw();
    },
    more: items.length > 0 ? { words: t("choose.pick"), open: () => go("pick", { key }) } : null,
  });
}

function sum({ wallet, back }, { ask, choice }) {
  const parts = partsOf(wallet, ask, choice);
  const n = tickable(wallet, ask, choice).filter((item) => choice.ticked.has(item.id)).length;
  return [
    parts.problem ? h("p", { class: "meta centred", role: "status" }, t(`choose.${parts.problem}`)) : null,
    button("primary", parts.problem ? t("back") : counted("choose.sum", n), back),
  ];
}
