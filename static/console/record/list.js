// The list of series: name, spark, newest value, flag; grouped, reached by arrow keys, found by /.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { spark } from "../../shared/chart.js";
import { flagNode, groupName, termName, unitText, valueText } from "../../shared/terms.js";
import { byGroup } from "./series.js";

/** `series` as shown, `chosen` its key, `find` the words in the field. */
export function seriesList({ series, chosen, find, marks, choose, search }) {
  return h(
    "nav",
    { class: "series-list", "aria-label": t("series.label") },
    h(
      "div",
      { class: "find" },
      icon("search"),
      h("input", {
        type: "search",
        value: find,
        "aria-label": t("series.find"),
        placeholder: t("series.find"),
        "data-keep": "find",
        autocomplete: "off",
        onInput: (event) => search(event.target.value),
      }),
      h("kbd", { "aria-hidden": "true" }, "/"),
    ),
    h(
      "div",
      { class: "series-groups", "data-scroll": "series" },
      series.length === 0 ? h("p", { class: "meta nothing" }, t("series.none")) : null,
      byGroup(series).map(([group, members]) =>
        h(
          "section",
          { "aria-label": groupName(group) },
          h("h2", { class: "series-group" }, groupName(group)),
          h(
            "ul",
            {},
            members.map((one) => h("li", {}, row(one, one.key === chosen, marks, choose))),
          ),
        ),
      ),
    ),
  );
}

function row({ key, code, items, newest }, on, marks, choose) {
  const number = Boolean(newest.value?.number);
  return h(
    "button",
    {
      type: "button",
      class: on ? "series on" : "series",
      "aria-current": on ? "true" : null,
      tabindex: on ? "0" : "-1",
      "data-keep": `series-${key}`,
      "data-series": key,
      onClick: () => choose(key),
    },
    h("span", { class: "series-name" }, termName(code)),
    h("span", { class: "series-spark" }, spark(items, { marks })),
    h(
      "span",
      { class: number ? "series-value" : "series-value words" },
      h("strong", {}, valueText(newest) || t("value.none")),
      number ? h("span", { class: "meta" }, unitText(newest)) : null,
    ),
    h("span", { class: "series-flag" }, flagNode(newest)),
  );
}
