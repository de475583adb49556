// The clinician's page of one patient: own chart and what the patient allowed elsewhere, together.
// Closes by itself: what was taken back or has run out leaves the page, and words say so.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { button } from "../parts/controls.js";
import { opening } from "../parts/opening.js";
import { careBand, note, problemNotice } from "../parts/problem.js";
import { strip, tabsOf } from "../parts/strip.js";
import { definePage } from "../page.js";
import {
  closeVisits,
  emptySource,
  forgetPatient,
  leavePatient,
  openedPatient,
  readVisit,
  readVisits,
  sourcesOf,
} from "../record/opened.js";
import { tabOf } from "../record/tables.js";
import { gathered } from "../record/gathered.js";
import { recordKeys, recordView, TABS } from "../record/view.js";
import { go, goInstead, route } from "../route.js";
import { server } from "../server.js";

const fresh = ({ ids }) => ({
  tab: TABS.includes(ids[1]) ? ids[1] : "results",
  chosen: null,
  find: "",
  order: { by: "time", up: false },
  visits: new Map(),
  own: [],
  sources: [],
});

/** Takes what was read into the page's state. */
function show(context, changes) {
  const { local, app } = context;
  const next = { ...local, ...changes };
  const { institution } = app.session();
  const sources = sourcesOf(next.visits);
  context.set({
    ...changes,
    sources,
    ownId: institution.id,
    gathered: gathered({ institution, own: next.own, sources, names: next.chart?.names }),
  });
}

async function read(context) {
  const { local } = context;
  if (local.reading || !local.ready) {
    local.again = Boolean(local.reading);
    return;
  }
  local.reading = true;
  try {
    const { visits, problem } = await readVisits(local.visits.keys());
    if (context.signal.aborted || !context.app.session()) return;
    const same = JSON.stringify([...visits]) === JSON.stringify([...local.visits]);
    if (!same || problem) show(context, { visits, problem });
  } finally {
    local.reading = false;
  }
  if (local.again) {
    local.again = false;
    await read(context);
  }
}

function over(context, source) {
  const expired = source.not_after <= Date.now();
  emptySource(context.local.visits, source.grant, expired ? "expired" : "ended", Date.now());
  show(context, {});
  read(context);
}

const refresh = (context) => (reference) =>
  context.run(async () => {
    const visit = await server.refreshVisit(reference);
    const { since } = context.local.visits.get(reference) ?? {};
    show(context, { visits: new Map([...context.local.visits, [reference, { ...visit, since }]]) });
  });

function stripOf({ local, set, ids }, person, ask) {
  const present = TABS.filter(
    (tab) => tab !== "others" || local.gathered?.items.some((item) => tabOf(item) === "others"),
  );
  const shown = local.gathered?.items.length > 0 ? present : [];
  const tabs = local.chart ? [...shown, "order"] : shown;
  return strip(person, {
    tabs:
      tabs.length > 0
        ? tabsOf(tabs, local.tab, (tab, focus) => {
            if (tab === "order") {
              go("order", ids[0]);
              return;
            }
            set({ tab });
            if (focus)
              queueMicrotask(() => queueMicrotask(() => document.querySelector(`[data-keep="tab-${tab}"]`)?.focus()));
          })
        : null,
    action: [
      button("outline", t("emergency.button"), () => go("emergency", local.chart ? ids[0] : "new"), {
        icon: "bolt",
        "data-keep": "emergency",
      }),
      button("tint", t("ask.button"), () => (ids[0] === undefined ? null : ask()), {
        icon: "scan",
        "data-keep": "ask",
      }),
    ],
  });
}

definePage("console-patient", {
  title: ({ app }) => `${app.titleText()} · ${t("page.patient")}`,
  keys: recordKeys,
  changed: read,
  state: fresh,
  leave: ({ local, ids, app }) => leavePatient(ids[0], local.visits.keys(), app, route()),
  start: (context) => {
    context.run(async () => {
      const opened = await openedPatient(context.ids[0]);
      if (context.signal.aborted) return;
      context.local.ready = true;
      show(context, { chart: opened.chart, own: opened.chart.items, visits: new Map(opened.visits) });
      await read(context);
    }, "opening");
  },
  render: (context) => {
    const { local, ids } = context;
    if (!local.chart) {
      return opening(local.problem, t("patient.opening"));
    }
    const differs = [...local.visits.values()].some((visit) => visit?.match === "differs");
    return [
      stripOf(context, local.chart.patient, () => go("ask", ids[0])),
      h(
        "main",
        { class: "record", id: "main" },
        problemNotice(local.problem, () => read(context)),
        local.chart.recorded ? null : note("clock", t("record.waiting")),
        differs ? careBand(h("strong", {}, t("match.differs")), h("p", {}, t("match.differs.todo"))) : null,
        recordView(context, { refresh: refresh(context), ended: (source) => over(context, source) }),
      ),
    ];
  },
});

definePage("console-visit", {
  title: ({ app }) => `${app.titleText()} · ${t("page.patient")}`,
  keys: recordKeys,
  changed: read,
  state: fresh,
  leave: ({ local, ids, app }) => {
    if (!local.moved && app.session()) closeVisits([ids[0]]);
  },
  start: (context) => {
    forgetPatient();
    context.run(async () => {
      const visit = await readVisit(context.ids[0]);
      if (context.signal.aborted) return;
      if (visit.patient) {
        context.local.moved = true;
        goInstead("patient", visit.patient);
        return;
      }
      context.local.ready = true;
      show(context, { visit, visits: new Map([[context.ids[0], visit]]) });
    }, "opening");
  },
  render: (context) => {
    const { local } = context;
    if (!local.visit) {
      return opening(local.problem, t("visit.opening"));
    }
    const visit = local.visits.get(context.ids[0]);
    const open = local.sources.some(({ state }) => state === "open");
    return [
      stripOf(context, open ? visit?.demographics : null, () => go("ask", "new")),
      h(
        "main",
        { class: "record", id: "main" },
        problemNotice(local.problem, () => read(context)),
        open ? note("info", t("visit.no-chart")) : null,
        visit?.match === "differs"
          ? careBand(h("strong", {}, t("match.sources-differ")), h("p", {}, t("match.differs.todo")))
          : null,
        recordView(context, { refresh: refresh(context), ended: (source) => over(context, source) }),
      ),
    ];
  },
});
