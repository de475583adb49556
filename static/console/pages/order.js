// Orders laboratory tests: what exists already is shown for each, with why, and the doctor decides.
// Invariant: the server reads the results; this page names chart, open views and offers, and drops what it was shown
// when a source ends, the patient is left, or nothing answers.

import { h } from "../../shared/dom.js";
import { marksFor } from "../../shared/marks.js";
import { t } from "../../shared/i18n.js";
import { addItem, draftOf, isDecided, removeItem, takeDecided } from "../order/draft.js";
import { orderList } from "../order/list.js";
import { offerPanel } from "../order/offer.js";
import { opening } from "../parts/opening.js";
import { problemNotice } from "../parts/problem.js";
import { strip, tabsOf } from "../parts/strip.js";
import { timeLeft } from "../parts/time_left.js";
import { definePage } from "../page.js";
import { leavePatient, openedPatient, readVisits, sourcesOf } from "../record/opened.js";
import { TABS } from "../record/view.js";
import { go, route } from "../route.js";
import { server } from "../server.js";

/** Reads views anew and compares again; told of a change meanwhile, once more. */
async function read(context) {
  const { local } = context;
  if (!local.form) return;
  local.again = true;
  if (local.reading) return;
  local.reading = true;
  context.set({ comparing: true });
  try {
    while (local.again && !context.signal.aborted) {
      local.again = false;
      await compare(context);
    }
  } finally {
    local.reading = false;
    context.set({ comparing: false });
  }
}

async function compare(context) {
  const { local, ids, app } = context;
  const { visits, problem } = await readVisits(local.visits.keys());
  if (context.signal.aborted || !app.session()) return;
  const waiting = local.draft.items.filter((item) => !isDecided(item));
  try {
    const answer = problem ? null : await askServer(ids[0], visits, local.draft, waiting);
    if (context.signal.aborted || !app.session()) return;
    const checks = new Map((answer?.checks ?? []).map((check, place) => [waiting[place].key, check]));
    context.set({ visits, checks, names: answer?.names ?? local.names, problem });
  } catch (refused) {
    if (refused.status === undefined) throw refused;
    context.set({ visits, checks: new Map(), problem: refused });
  }
}

async function askServer(patient, visits, draft, items) {
  if (items.length === 0) return null;
  return server.checkOrders({
    ...circumstances(patient, visits, draft),
    orders: items.map(({ group, code, situation }) => ({ group, code, situation })),
  });
}

const open = (visits) => [...visits].filter(([, visit]) => visit !== null).map(([name]) => name);
const circumstances = (patient, visits, { setting, urgent }) => ({ patient, visits: open(visits), setting, urgent });

const chosenOf = ({ draft }) => draft.items.find(({ key }) => key === draft.chosen) ?? null;

/** Does one decision; what it changed is compared again. */
const decide = (context, name, work) =>
  context.run(async () => {
    const item = chosenOf(context.local);
    context.set({ doing: name });
    try {
      const { order } = await work(item);
      item.order = order;
      context.set({ repeating: null });
    } catch (refused) {
      // What was shown is no longer so: the newest is read, and the words say what happened.
      if (refused.status === 409) await compare(context);
      throw refused;
    } finally {
      context.set({ doing: null });
    }
  });

function actions(context) {
  const { local, ids } = context;
  const draft = local.draft;
  const changed = () => {
    context.set({ repeating: null });
    read(context);
  };
  const check = () => local.checks.get(draft.chosen);
  return {
    choose: (key) => {
      draft.chosen = key;
      context.set({ repeating: null, basis: false, problem: null });
    },
    remove: (key) => {
      removeItem(draft, key);
      context.set({ repeating: null });
    },
    adding: (adding) => {
      context.set({ adding, find: "" });
      if (adding) queueMicrotask(() => queueMicrotask(() => document.querySelector(".order-picker input")?.focus()));
    },
    find: (find) => context.set({ find }),
    add: (group, code) => {
      addItem(draft, group, code);
      context.set({ adding: false, basis: false });
      changed();
      queueMicrotask(() => queueMicrotask(() => document.querySelector(".order-item.on button")?.focus()));
    },
    setting: (setting) => {
      draft.setting = setting;
      changed();
    },
    urgent: (urgent) => {
      draft.urgent = urgent;
      changed();
    },
    situation: (key, situation) => {
      draft.items.find((item) => item.key === key).situation = situation;
      changed();
    },
    basis: (basis) => context.set({ basis }),
    repeating: (repeating) => {
      const opening = repeating && !local.repeating;
      context.set({ repeating });
      if (opening) queueMicrotask(() => queueMicrotask(() => document.querySelector(".repeat-form input")?.focus()));
    },
    ask: () => go("ask", ids[0]),
    use: () => decide(context, "use", () => server.useResult(check().order.id, open(local.visits))),
    repeat: () => {
      const { reason, words, informed, how } = local.repeating;
      const said = { reason, words: words?.trim() || null, informed, how: how?.trim() || null };
      return decide(context, "repeat", () => server.repeatTest(check().order.id, said));
    },
    place: () =>
      decide(context, "place", ({ group, code, situation }) =>
        server.placeOrder({
          ...circumstances(ids[0], local.visits, draft),
          order: { group, code, situation },
        }),
      ),
    undo: () => decide(context, "undo", ({ order }) => server.undoUse(order.id)),
    again: () => {
      chosenOf(local).order = null;
      changed();
    },
  };
}

/** Marks as on the patient's page: those whom the patient allowed first, then the own institution, then others. */
function marks({ visits, names }, own) {
  const allowed = sourcesOf(visits).map(({ custodian }) => custodian.id);
  return marksFor([...allowed, own, ...Object.keys(names)]);
}

/** Nothing to see: when the time of a source is over, the page reads anew at once. */
const watches = (context) =>
  sourcesOf(context.local.visits)
    .filter(({ state }) => state === "open")
    .map(({ ends_at: ends, not_after: last }) => {
      const watch = timeLeft(Math.min(ends ?? last, last), { ended: () => read(context) });
      watch.hidden = true;
      return watch;
    });

definePage("console-order", {
  title: ({ app }) => `${app.titleText()} · ${t("order.title")}`,
  changed: read,
  state: ({ ids }) => ({
    draft: draftOf(ids[0]),
    visits: new Map(),
    checks: new Map(),
    names: {},
    find: "",
    basis: false,
    repeating: null,
  }),
  leave: ({ local, ids, app }) => leavePatient(ids[0], local.visits.keys(), app, route()),
  start: (context) => {
    context.run(async () => {
      const opened = await openedPatient(context.ids[0]);
      const form = await server.orderForm(context.ids[0]);
      if (context.signal.aborted) return;
      takeDecided(context.local.draft, form.orders);
      const empty = context.local.draft.items.length === 0;
      context.set({ person: opened.chart.patient, form, names: form.names, visits: new Map(opened.visits), adding: empty });
      await read(context);
    }, "opening");
  },
  render: (context) => {
    const { local, ids, app } = context;
    if (!local.form) {
      return opening(local.problem, t("order.opening"));
    }
    const doing = actions(context);
    const item = chosenOf(local);
    const look = {
      groups: local.form.groups,
      reasons: local.form.reasons,
      names: local.names,
      marks: marks(local, app.session().institution.id),
      comparing: local.comparing,
      repeating: local.repeating,
      basis: local.basis,
      busy: local.doing,
    };
    return [
      strip(local.person, {
        tabs: tabsOf([...TABS.slice(0, 4), "order"], "order", (tab) => {
          if (tab !== "order") go("patient", ids[0], tab);
        }),
      }),
      h(
        "main",
        { class: "order", id: "main" },
        orderList({ ...local, groups: look.groups }, doing),
        h(
          "section",
          { class: "card order-right", "data-scroll": `offer-${item?.key}` },
          problemNotice(local.problem, () => read(context)),
          item
            ? offerPanel(item, local.checks.get(item.key), look, doing)
            : h("p", { class: "meta order-empty" }, t("order.choose")),
        ),
        watches(context),
      ),
    ];
  },
});
