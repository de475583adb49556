// For the privacy officer: who looked at one patient's records, one line a visit. This look is a line of its own.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { has, list, named, stamp, t } from "../../shared/i18n.js";
import { kindName } from "../../shared/terms.js";
import { button } from "../parts/controls.js";
import { opening } from "../parts/opening.js";
import { strip } from "../parts/strip.js";
import { definePage } from "../page.js";
import { server } from "../server.js";

const load = (context) =>
  context.run(async () => {
    const [{ institutions }, { patient, rows }] = await Promise.all([
      server.allInstitutions(),
      server.accounting(context.ids[0]),
    ]);
    context.set({ patient, rows, names: new Map(institutions.map(({ id, name }) => [id, name])) });
  }, "opening");

definePage("console-accounting", {
  title: ({ app }) => `${app.titleText()} · ${t("accounting.title")}`,
  start: load,
  render: (context) => {
    const { local } = context;
    if (!local.rows) {
      return opening(local.problem, t("accounting.opening"));
    }
    return [
      strip(local.patient),
      h(
        "main",
        { class: "wide", id: "main" },
        h(
          "div",
          { class: "wide-head" },
          h("div", {}, h("h1", {}, t("accounting.title")), h("p", { class: "meta" }, t("accounting.under"))),
          button("outline", t("print"), () => window.print(), { icon: "print" }),
        ),
        h(
          "section",
          {
            class: "card listing",
            tabindex: "0",
            role: "region",
            "aria-label": t("accounting.title"),
            "data-scroll": "rows",
          },
          local.rows.length === 0
            ? h("p", { class: "meta" }, t("accounting.none"))
            : table(local, context.app.session().institution),
        ),
      ),
    ];
  },
});

const COLUMNS = ["when", "act", "who", "where", "why", "what", "state"];

const place = ({ institution, basis }, names, own) =>
  institution
    ? named(names.get(institution)) || t("accounting.elsewhere")
    : basis?.startsWith("own-")
      ? named(own.name)
      : "";

const table = ({ rows, names }, own) =>
  h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        COLUMNS.map((key) => h("th", { scope: "col" }, t(`column.${key}`))),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          {},
          h(
            "td",
            { class: "nowrap" },
            stamp(row.first, 0),
            row.last > row.first ? h("span", { class: "meta" }, ` – ${stamp(row.last, 0).slice(11)}`) : null,
          ),
          h("th", { scope: "row" }, t(has(`entry.${row.kind}`) ? `entry.${row.kind}` : "entry.other")),
          h(
            "td",
            { class: "nowrap" },
            row.user?.name ?? (row.basis === "patient-request" ? t("accounting.patient") : ""),
          ),
          h("td", {}, place(row, names, own)),
          h("td", {}, reason(row)),
          h("td", {}, counts(row.counts)),
          h("td", {}, state(row)),
        ),
      ),
    ),
  );

function reason({ purpose, basis, reason: declared }) {
  if (declared && has(`reason.${declared}`)) return t(`reason.${declared}`);
  const key = purpose ? `purpose.${purpose}` : basis ? `basis.${basis}` : null;
  return key ? t(has(key) ? key : "purpose.other") : "";
}

// A release counts by type; a look names the kinds that were open, and one sum.
const counts = (found) =>
  list(
    Object.entries(found).map(([names, count]) => {
      const kinds = names.split(",").filter(Boolean);
      if (kinds.length === 0) return "";
      return kinds.length === 1
        ? t("accounting.count", { kind: recordsName(kinds[0]), count })
        : t("accounting.total", { kinds: list(kinds.map(recordsName)), count });
    }),
  );

const recordsName = (name) => (has(`type.${name}`) ? t(`type.${name}`) : kindName(name));

function state({ state: of, late, recorded, refused }) {
  if (refused) return h("span", { class: "flag critical" }, "◇ ", t("accounting.refused", { code: refused }));
  if (!recorded) return h("span", { class: "flag" }, icon("clock"), t("accounting.waiting"));
  const lateMark = late ? h("span", { class: "flag" }, icon("clock"), t("accounting.late")) : null;
  if (of === "withheld") return [h("span", { class: "flag critical" }, "◇ ", t("accounting.withheld")), lateMark];
  return [of === "erased" ? t("accounting.erased") : null, lateMark];
}
