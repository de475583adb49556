// The right side: what was found for one test, why line by line, and the two choices in equal reach.
// Nothing here leans towards one of them: the doctor decides, and the patient sees either.

import { momentOf } from "../../shared/dates.js";
import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { ago, day, fullDay, list, named, t } from "../../shared/i18n.js";
import { markNode, seriesChart } from "../../shared/chart.js";
import { flagNode, rangeText, termName, unitText, valueText } from "../../shared/terms.js";
import { button } from "../parts/controls.js";
import { dateText } from "../record/panel.js";
import { decided } from "./decided.js";
import { length, whyLine, whyLines } from "./lines.js";
import { codeOf, orderName } from "./names.js";
import { repeatForm } from "./repeat.js";

/** `look`: {groups, names, marks, comparing, repeating, basis, busy}; `doing`: what the buttons do. */
export function offerPanel(item, check, look, doing) {
  if (item.order && item.order.state !== "offered") return decided(item, look, doing);
  if (!check) return head(orderName(look.groups, item), t("order.checking"));
  if (!check.order) {
    return [
      nothing(item, check, look),
      check.lines.length > 1 ? why(check, look) : null,
      check.rule ? ruleLine(check, look, doing) : null,
      placing(look, doing),
    ];
  }
  if (look.repeating) return [offerHead(item, check, look), repeatForm(look, doing)];
  return [
    offerHead(item, check, look),
    check.panel
      ? memberTable(check, look)
      : h("div", { class: "offer-body" }, facts(check.items[0], look), trend(check, look)),
    why(check, look),
    ruleLine(check, look, doing),
    choices(check, look, doing),
  ];
}

function offerHead(item, check, { groups, names }) {
  if (check.panel) {
    return head(t("order.offer"), t("order.offer.panel", { name: orderName(groups, item), ...check.panel }));
  }
  const [found] = check.items;
  const title = t(found.copy ? "order.offer.copy" : "order.offer.title", {
    source: named(names[found.source]),
    day: whole(day(momentOf(found.date))),
    name: termName(found.code),
  });
  return head(t("order.offer"), title);
}

const head = (label, title) =>
  h("header", { class: "offer-head" }, h("p", { class: "offer-label" }, label), h("h2", { class: "large" }, title));

// A date is not parted at the end of a line.
const whole = (words) => [...words].join("\u2060");

function facts(item, { names, marks }) {
  const source = named(names[item.source]);
  const range = rangeText(item);
  const unit = unitText(item);
  return h(
    "div",
    { class: "offer-facts" },
    h(
      "p",
      { class: "offer-value" },
      h("strong", {}, valueText(item)),
      h("span", { class: "meta" }, unit),
      flagNode(item, { ranges: true }),
    ),
    h("dl", { class: "facts-list" }, [
      fact("order.range", range ? t("order.range.of", { range, unit, source }) : t("order.range.none")),
      fact("order.collected", t("order.collected.ago", { moment: dateText(item.date), ago: ago(momentOf(item.date)) })),
      fact("order.specimen-method", [item.specimen ?? t("unstated"), item.method ?? t("unstated")].join(" · ")),
      fact("order.source", [
        h("span", { class: "institution" }, markNode(marks[item.source]), h("span", {}, sourceText(item, source))),
      ]),
    ]),
  );
}

const sourceText = ({ marks }, source) =>
  marks.length > 0 ? t("order.source.mark", { source, marks: list(marks) }) : source;

const fact = (key, value) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value));

function trend({ trend: items }, { names, marks }) {
  if (items.length < 2) return null;
  const sources = [...new Set(items.map(({ source }) => source))];
  return h(
    "div",
    { class: "offer-trend" },
    seriesChart(items, { marks, names: (source) => named(names[source]), height: 184 }),
    h(
      "ul",
      { class: "legend" },
      sources.map((source) => h("li", { class: "institution" }, markNode(marks[source]), named(names[source]))),
    ),
  );
}

const MEMBER_COLUMNS = ["order.member", "column.result", "column.flag", "column.range", "column.collected", "column.source"];

/** A panel: each test with its result, or that there is none. */
function memberTable({ members }, { names, marks }) {
  return h(
    "div",
    { class: "offer-table", tabindex: "0", role: "region", "aria-label": t("order.member") },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, MEMBER_COLUMNS.map((key) => h("th", { scope: "col" }, t(key))))),
      h(
        "tbody",
        {},
        members.map(({ code, item }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, code ? termName(codeOf(code)) : ""),
            item
              ? [
                  h("td", { class: "nowrap" }, h("strong", {}, valueText(item)), ` ${unitText(item)}`),
                  h("td", {}, flagNode(item, { ranges: true })),
                  h("td", { class: "nowrap" }, rangeText(item)),
                  h("td", { class: "nowrap" }, dateText(item.date)),
                  h("td", {}, h("span", { class: "institution" }, markNode(marks[item.source]), named(names[item.source]))),
                ]
              : h("td", { colspan: "5", class: "meta" }, t("order.member.lacks")),
          ),
        ),
      ),
    ),
  );
}

/** Nothing is offered: the same words whether or not something exists elsewhere. */
function nothing(item, check, look) {
  const draft = check.reason === "rule-draft";
  return [
    head(orderName(look.groups, item), t(draft ? "order.draft" : "order.nothing")),
    h("p", {}, draft ? t("order.draft.under") : t(`order.reason.${check.reason}`)),
    check.panel && check.members.length > 0 ? memberTable(check, look) : null,
  ];
}

function why(check, look) {
  return h(
    "section",
    { class: "why ruled", "aria-label": t(check.order ? "order.why" : "order.why-not") },
    h("h3", {}, t(check.order ? "order.why" : "order.why-not")),
    check.nearest ? h("p", { class: "meta" }, nearestText(check.nearest, look)) : null,
    whyLines(check.lines),
    check.others.length > 0 && look.basis ? others(check, look) : null,
  );
}

const nearestText = (item, { names }) =>
  t("order.why-not.nearest", {
    source: named(names[item.source]),
    moment: dateText(item.date),
    value: `${valueText(item)} ${unitText(item)}`.trim(),
  });

const others = ({ others: found }, { names, marks }) =>
  h(
    "div",
    { class: "why-others" },
    h("h4", {}, t("order.others")),
    h(
      "ul",
      {},
      found.map(({ item, line }) =>
        h(
          "li",
          {},
          h(
            "p",
            {},
            h("span", { class: "institution" }, markNode(marks[item.source]), named(names[item.source])),
            ` ${dateText(item.date)} `,
            h("strong", {}, valueText(item)),
            ` ${unitText(item)}`,
          ),
          h("ul", { class: "why-lines" }, whyLine(line)),
        ),
      ),
    ),
  );

/** The rule with its version, and on demand what it rests on. */
function ruleLine({ rule }, { basis }, doing) {
  const day = rule.approved_at === null ? null : fullDay(rule.approved_at);
  const words = rule.status === "approved" && day ? t("order.rule.approved", { ...rule, day }) : t("order.rule", rule);
  return h(
    "div",
    { class: "rule-line" },
    h(
      "p",
      { class: "meta" },
      h("span", {}, words),
      h(
        "button",
        {
          type: "button",
          class: "plain",
          "aria-expanded": String(basis),
          "data-keep": "basis",
          onClick: () => doing.basis(!basis),
        },
        t("order.rule.basis"),
      ),
    ),
    basis
      ? h("dl", { class: "facts-list" }, [
          fact("order.rule.situation", rule.situation === "default" ? t("order.situation.default") : named(rule.words)),
          fact("order.rule.window", rule.window_ms === null ? t("order.rule.none-stated") : length(rule.window_ms)),
          fact(
            "order.rule.interval",
            rule.min_interval_ms === null ? t("order.rule.none-stated") : length(rule.min_interval_ms),
          ),
          fact("order.rule.sources", list(rule.sources)),
          rule.note ? fact("order.rule.note", rule.note) : null,
        ])
      : null,
  );
}

function choices(check, look, doing) {
  const use = check.items.length > 1 ? "order.use.panel" : "order.use";
  return h(
    "div",
    { class: "choices ruled" },
    h(
      "div",
      { class: "actions" },
      button("primary", t(look.busy === "use" ? "order.using" : use), doing.use, {
        disabled: Boolean(look.busy),
        "data-keep": "use",
      }),
      button("outline", t("order.repeat"), () => doing.repeating({}), {
        disabled: Boolean(look.busy),
        "data-keep": "repeat",
        after: "chevron",
      }),
    ),
    h("p", { class: "meta decides" }, h("span", {}, t("order.decides")), h("span", {}, t("order.seen"))),
  );
}

const placing = (look, doing) =>
  h(
    "div",
    { class: "choices ruled" },
    h(
      "div",
      { class: "actions" },
      button("primary", t(look.busy === "place" ? "order.placing" : "order.place"), doing.place, {
        disabled: Boolean(look.busy),
        "data-keep": "place",
      }),
      button("outline", t("order.ask"), doing.ask, { icon: "scan", "data-keep": "order-ask" }),
    ),
    h("p", { class: "meta decides" }, t("order.nothing.ask")),
  );
