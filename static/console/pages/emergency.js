// A clinician declares an emergency and reads what another institution releases, until it ends.
// One answer for everything that did not open anything. What was stopped or has run out leaves the page at once.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { declarationForm, declarationOf, freshDraft } from "../emergency/form.js";
import { noRecords, whatFollows } from "../emergency/panels.js";
import { dropEmergency, holdEmergency } from "../emergency/running.js";
import { button } from "../parts/controls.js";
import { freshly } from "../parts/password.js";
import { opening } from "../parts/opening.js";
import { careBand, note, problemNotice } from "../parts/problem.js";
import { strip, tabsOf } from "../parts/strip.js";
import { definePage } from "../page.js";
import { gathered } from "../record/gathered.js";
import { emptySource, forgetPatient, openedPatient, sourcesOf, unreachable } from "../record/opened.js";
import { tabOf } from "../record/tables.js";
import { recordKeys, recordView, TABS } from "../record/view.js";
import { go, goInstead, route } from "../route.js";
import { server } from "../server.js";

const fresh = () => ({
  draft: freshDraft(),
  tab: "results",
  chosen: null,
  find: "",
  order: { by: "time", up: false },
  visits: new Map(),
  own: [],
  sources: [],
});

/** Who ended it is said on the page; the source itself knows only that it is closed. */
const told = (emergency) => ({
  ...emergency,
  since: emergency.from,
  sources: emergency.sources.map((source) =>
    source.state === "closed" && emergency.closed?.by === "patient" ? { ...source, state: "stopped" } : source,
  ),
});

function show(context, changes) {
  const { local, app } = context;
  const next = { ...local, ...changes };
  const { institution } = app.session();
  const sources = sourcesOf(next.visits);
  const found = gathered({ institution, own: next.own, sources });
  context.set({ ...changes, sources, ownId: institution.id, gathered: found });
}

function take(context, emergency) {
  if (context.signal.aborted || !context.app.session()) return;
  if (emergency.state !== "open" && emergency.state !== "refused") dropEmergency(emergency.emergency);
  show(context, {
    emergency: told(emergency),
    visits: new Map([[emergency.emergency, told(emergency)]]),
    problem: null,
  });
}

/** Reads anew; told of a change meanwhile, once more. Where nothing answers, nothing from elsewhere stays. */
async function read(context) {
  const name = context.ids[1];
  const { local } = context;
  if (!name) return;
  local.again = true;
  if (local.reading) return;
  local.reading = true;
  try {
    while (local.again && !context.signal.aborted) {
      local.again = false;
      take(context, await server.emergency(name));
    }
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    show(context, { visits: new Map([[name, null]]), problem: problem.status === 0 ? unreachable(problem) : problem });
  } finally {
    local.reading = false;
  }
}

function over(context, source) {
  const expired = source.not_after <= Date.now();
  emptySource(context.local.visits, source.grant, expired ? "expired" : "ended", Date.now());
  show(context, {});
  read(context);
}

const declare = (context) =>
  context.run(async () => {
    const chart = context.ids[0] === "new" ? null : context.ids[0];
    context.set({ none: false });
    try {
      const wanted = declarationOf(context.local.draft, chart);
      const opened = await freshly(t("emergency.why-password"), () => server.declareEmergency(wanted));
      if (opened === null) return;
      holdEmergency(opened, chart);
      goInstead("emergency", context.ids[0], opened.emergency);
    } catch (problem) {
      if (problem.code !== "glass-not-possible") throw problem;
      context.set({ none: true });
    }
  });

definePage("console-emergency", {
  title: ({ app }) => `${app.titleText()} · ${t("emergency.button")}`,
  keys: recordKeys,
  changed: read,
  state: fresh,
  leave: ({ ids, app }) => {
    const next = route();
    if (next.ids[0] !== ids[0] || ids[0] === "new") forgetPatient();
    // The view closes, the emergency does not: coming back looks again. The node drops it with the session as well.
    if (ids[1] && app.session()) server.leaveEmergency(ids[1]).catch(() => {});
  },
  start: (context) => {
    const [chart, name] = context.ids;
    context.run(async () => {
      if (chart !== "new") {
        const opened = await openedPatient(chart);
        if (context.signal.aborted) return;
        const { patient, items } = opened.chart;
        context.set({ person: patient, own: items, draft: freshDraft({ birthDate: patient.birth_date }) });
      }
      if (name) {
        await read(context);
        return;
      }
      const { institutions } = await server.allInstitutions();
      const own = context.app.session().institution.id;
      context.set({ institutions: institutions.filter(({ id, retired }) => id !== own && !retired) });
    }, "opening");
  },
  render: (context) => (context.ids[1] ? looking(context) : declaring(context)),
});

function declaring(context) {
  const { local } = context;
  return [
    local.person ? strip(local.person) : null,
    h(
      "main",
      { class: "exchange declare", id: "main" },
      h(
        "section",
        { class: "exchange-left" },
        h("h1", {}, t("emergency.title")),
        h("p", { class: "meta" }, t("emergency.under")),
        local.institutions ? declarationForm(context, local.institutions, () => declare(context)) : null,
      ),
      h(
        "section",
        { class: "card exchange-right", "aria-live": "polite" },
        problemNotice(local.problem),
        local.none ? noRecords() : null,
        whatFollows(),
      ),
    ),
  ];
}

function looking(context) {
  const { local, ids } = context;
  if (!local.emergency) {
    return opening(local.problem, t("emergency.opening"), () => read(context));
  }
  const { emergency } = local;
  const open = local.sources.some(({ state }) => state === "open");
  const person = local.person ?? (open ? emergency.demographics : null);
  return [
    strip(person, { tabs: tabs(context), action: actions(context, open) }),
    h(
      "main",
      { class: "record", id: "main" },
      problemNotice(local.problem, () => read(context)),
      emergency.recorded ? null : note("clock", t("emergency.not-recorded")),
      open && ids[0] === "new" ? note("info", t("emergency.no-chart")) : null,
      emergency.match === "differs" && open
        ? careBand(h("strong", {}, t("match.differs")), h("p", {}, t("match.differs.todo")))
        : null,
      recordView(context, {
        refresh: (name) => context.run(async () => take(context, await server.refreshEmergency(name))),
        ended: (source) => over(context, source),
      }),
    ),
  ];
}

function tabs({ local, set }) {
  const { items } = local.gathered;
  if (items.length === 0) return null;
  const present = TABS.filter((tab) => tab !== "others" || items.some((item) => tabOf(item) === "others"));
  return tabsOf(present, local.tab, (tab, focus) => {
    set({ tab });
    if (focus) queueMicrotask(() => queueMicrotask(() => document.querySelector(`[data-keep="tab-${tab}"]`)?.focus()));
  });
}

function actions(context, open) {
  const { local, ids } = context;
  if (!open && local.emergency.state !== "open") {
    return button("outline", t("emergency.again"), () => go("emergency", ids[0]), {
      icon: "bolt",
      "data-keep": "again",
    });
  }
  const end = () => context.run(async () => take(context, await server.endEmergency(ids[1])));
  return button("outline", t("emergency.end"), end, { disabled: local.busy, "data-keep": "end" });
}
