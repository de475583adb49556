// The body of a patient's page: sources, tabs, and under "results" list and panel. Used with a chart and without.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { seriesList } from "./list.js";
import { seriesPanel } from "./panel.js";
import { matching } from "./series.js";
import { ownLine, sourceLines } from "./sources.js";
import { allergyTable, medicationTable, otherTable, reportList, tabOf } from "./tables.js";

export const TABS = ["results", "medication", "allergies", "reports", "others"];

/** What the keyboard moves through, after the find field. */
export const shownSeries = (local) => matching(local.gathered?.series ?? [], local.find ?? "");

/** `context.local`: {gathered, own, sources, tab, chosen, find, order}. */
export function recordView(context, { refresh, ended }) {
  const { local, app, set } = context;
  const { gathered: found, sources } = local;
  const own =
    local.own.length > 0
      ? {
          name: app.session().institution.name,
          mark: found.marks[app.session().institution.id],
          count: local.own.length,
        }
      : null;
  return [
    sourceLines({ own, alone: local.visits.size === 0, sources, marks: found.marks, refresh, ended, busy: local.busy }),
    found.items.length === 0
      ? h("p", { class: "card meta" }, t(sources.length > 0 ? "record.gone" : "record.none"))
      : tabBody(context, set),
    foot(own, sources),
  ];
}

function foot(own, sources) {
  const open = sources.find(({ state }) => state === "open");
  if (!open) return null;
  return h(
    "div",
    { class: "meta purpose" },
    own ? ownLine(own) : null,
    h(
      "p",
      {},
      open.purpose === "BTG" ? t("emergency.purpose") : t("record.purpose", { purpose: t(`purpose.${open.purpose}`) }),
    ),
  );
}

function tabBody({ local }, set) {
  const { gathered: found } = local;
  const here = found.items.filter((item) => tabOf(item) === local.tab);
  if (local.tab === "medication") return medicationTable(here, found);
  if (local.tab === "allergies") return allergyTable(here, found);
  if (local.tab === "reports") return reportList(here, found.items, found);
  if (local.tab === "others") return otherTable(here, found);
  return results(local, found, set);
}

function results(local, found, set) {
  if (found.series.length === 0) return h("p", { class: "card meta" }, t("results.none"));
  const shown = shownSeries(local);
  const chosen = found.series.find(({ key }) => key === local.chosen) ?? shown[0] ?? found.series[0];
  const sort = (by) => set({ order: { by, up: local.order.by === by ? !local.order.up : false } });
  return h(
    "div",
    { class: "results" },
    seriesList({
      series: shown,
      chosen: chosen.key,
      find: local.find,
      marks: found.marks,
      choose: (key) => set({ chosen: key }),
      search: (find) => set({ find }),
    }),
    seriesPanel({ series: chosen, marks: found.marks, names: found.names, own: local.ownId, order: local.order, sort }),
  );
}

/** ↑ ↓ through the series, Enter to the table, / to the find field. */
export const recordKeys = {
  ArrowDown: (context, event) => move(context, event, 1),
  ArrowUp: (context, event) => move(context, event, -1),
  "/": (context, event) => {
    event.preventDefault();
    document.querySelector(".find input")?.focus();
  },
  Enter: (context, event) => {
    if (!event.target.classList.contains("series") && event.target !== document.body) return;
    event.preventDefault();
    document.querySelector(".panel-table")?.focus();
  },
  Escape: (context, event) => {
    if (event.target.matches?.(".find input")) context.set({ find: "" });
    document.querySelector(".series.on")?.focus();
  },
};

function move({ local, set }, event, step) {
  if (
    local.tab !== "results" ||
    !local.gathered ||
    event.target.closest?.(".panel-table, [role=tablist], series-chart")
  )
    return;
  const shown = shownSeries(local);
  if (shown.length === 0) return;
  event.preventDefault();
  const at = shown.findIndex(({ key }) => key === local.chosen);
  const next = shown[Math.max(0, Math.min(shown.length - 1, (at < 0 ? 0 : at) + step))];
  set({ chosen: next.key });
  queueMicrotask(() =>
    queueMicrotask(() => {
      const row = document.querySelector(".series.on");
      row?.focus({ preventScroll: true });
      row?.scrollIntoView({ block: "nearest" });
    }),
  );
}
