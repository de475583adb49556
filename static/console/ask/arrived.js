// The records are here: what was allowed (never what was left out), how many, and what was last out of range.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, moment, named, t } from "../../shared/i18n.js";
import { digits } from "../../shared/digits.js";
import { marksFor, spark } from "../../shared/chart.js";
import { flagNode, termName, unitText, valueText } from "../../shared/terms.js";
import { button } from "../parts/controls.js";
import { institution } from "../parts/institution.js";
import { careBand } from "../parts/problem.js";
import { scopeText } from "../parts/scope.js";
import { personFacts } from "../parts/strip.js";
import { dateText } from "../record/panel.js";
import { outOfRange, seriesOf, timeOf } from "../record/series.js";

const SHOWN = 4;

export function arrived({ visit, reference, person, comparedAt, see }) {
  const name = person?.name ?? visit.demographics?.name ?? t("patient");
  const marks = marksFor(visit.sources.map(({ custodian }) => custodian.id));
  const open = visit.sources.filter(({ state }) => state === "open");
  const end = Math.max(...visit.sources.map((source) => source.not_after), 0);
  return [
    h(
      "div",
      { class: "arrived-head" },
      h(
        "div",
        { role: "status" },
        h("h2", { class: "large" }, t(open.length > 0 ? "arrived.title" : "arrived.nothing", { name })),
        h("p", { class: "meta" }, t("arrived.until", { moment: moment(end) })),
      ),
      h(
        "div",
        { class: "arrived-digits" },
        digits(reference.digits, { small: true }),
        h(
          "p",
          { class: "tick meta" },
          icon("tick"),
          t(comparedAt ? "digits.compared-at" : "digits.compared", { time: comparedAt ? clock(comparedAt) : "" }),
        ),
      ),
    ),
    sourceTable(visit.sources, marks),
    matchLine(visit),
    outOfRangeStrip(
      open.flatMap(({ items }) => items),
      marks,
    ),
    h(
      "div",
      { class: "arrived-end" },
      h("p", { class: "meta" }, t("arrived.gone-later")),
      button("primary", t("arrived.see"), see, { after: "forward", "data-keep": "see" }),
    ),
  ];
}

const sourceTable = (sources, marks) =>
  h(
    "table",
    { class: "arrived-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, t("column.source")),
        h("th", { scope: "col" }, t("arrived.allowed")),
        h("th", { scope: "col", class: "num" }, t("arrived.count")),
        h("th", { scope: "col" }, t("arrived.newest")),
        h("th", { scope: "col" }, t("arrived.proof")),
      ),
    ),
    h(
      "tbody",
      {},
      sources.map((source) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, institution(source.custodian.name, marks[source.custodian.id])),
          h("td", {}, scopeText(source.scope)),
          h("td", { class: "num" }, t("items", { count: source.items.length })),
          h("td", { class: "nowrap" }, newestDate(source.items)),
          h(
            "td",
            {},
            source.state === "open"
              ? h("span", { class: "shield" }, icon("shield"), h("span", {}, t("arrived.verified")))
              : t(`source.${source.state}`, {
                  time: source.ended_at ? clock(source.ended_at) : "",
                  name: named(source.custodian.name),
                }),
          ),
        ),
      ),
    ),
  );

function newestDate(items) {
  const newest = [...items].sort((a, b) => timeOf(b) - timeOf(a))[0];
  return newest ? dateText(newest.date).slice(0, 10) : t("arrived.none");
}

function matchLine({ match, demographics }) {
  if (match === "differs") return careBand(h("strong", {}, t("match.differs")), h("p", {}, t("match.differs.todo")));
  if (match === "match") return h("p", { class: "tick ink" }, icon("tick"), t("match.same"));
  return demographics
    ? h("p", { class: "ink" }, t("match.no-chart", { name: demographics.name, facts: personFacts(demographics) }))
    : null;
}

function outOfRangeStrip(items, marks) {
  const found = outOfRange(seriesOf(items));
  if (found.length === 0) return null;
  return h(
    "section",
    { class: "out-of-range", "aria-labelledby": "out-of-range" },
    h(
      "h2",
      { id: "out-of-range" },
      t("arrived.out-of-range"),
      found.length > SHOWN
        ? h("span", { class: "meta" }, ` ${t("arrived.and-more", { count: found.length - SHOWN })}`)
        : null,
    ),
    h(
      "ul",
      {},
      found
        .slice(0, SHOWN)
        .map(({ code, items: all, newest }) =>
          h(
            "li",
            {},
            h("p", {}, termName(code)),
            h(
              "p",
              { class: "out-value" },
              h("strong", {}, valueText(newest)),
              h("span", { class: "meta" }, unitText(newest)),
              flagNode(newest),
            ),
            spark(all, { marks, width: 130, height: 26 }),
          ),
        ),
    ),
  );
}
