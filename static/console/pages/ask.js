// A doctor asks a patient: what, why, from when, until when; then QR, digits, and the records arrive by themselves.
// Declined and expired read alike. What was asked stays on the left, fixed.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, t } from "../../shared/i18n.js";
import { note, problemNotice } from "../parts/problem.js";
import { stepOf, steps } from "../parts/steps.js";
import { strip } from "../parts/strip.js";
import { askForm, freshDraft, questionOf, sentForm } from "../ask/form.js";
import { arrived } from "../ask/arrived.js";
import { comparePanel, gonePanel, offeredPanel, qrPanel } from "../ask/panels.js";
import { openScanner, scannerPanel } from "../ask/scanner.js";
import { definePage } from "../page.js";
import { addVisit, leavePatient, openedPatient } from "../record/opened.js";
import { go, goInstead, route } from "../route.js";
import { server } from "../server.js";

const STEPS = ["ask.step.choose", "ask.step.compare", "ask.step.arrive"];
const UNDECIDED = new Set(["waiting", "claimed", "chosen"]);

/** Reads anew; told of a change meanwhile, once more, so that the newest state is always read. */
async function read(context) {
  const name = context.ids[1];
  const { local } = context;
  if (!name || (local.reference && !UNDECIDED.has(local.reference.state) && local.visit)) return;
  local.again = true;
  if (local.reading) return;
  local.reading = true;
  try {
    while (local.again && !context.signal.aborted) {
      local.again = false;
      await take(context, await server.reference(name));
    }
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    context.set({ problem });
  } finally {
    local.reading = false;
  }
}

async function take(context, reference) {
  const { local } = context;
  const before = local.reference;
  if (reference.digits_confirmed && !before?.digits_confirmed) local.comparedAt = before ? Date.now() : null;
  context.set({ reference, problem: null });
  if (reference.state === "accepted" && !local.visit) {
    const visit = await server.visit(reference.reference);
    addVisit(reference.patient, reference.reference);
    context.set({ visit });
  }
}

// The answer to an act may be older than what was read while it travelled: what counts is read after it.
const act = (context, work) =>
  context.run(async () => {
    await take(context, await work(context.ids[1]));
    await read(context);
  });

const asked = (context) => ({
  patient: context.ids[0] === "new" ? null : context.ids[0],
  ...questionOf(context.local.draft),
});

const send = (context) =>
  context.run(async () => {
    const reference = await server.ask(asked(context));
    goInstead("ask", context.ids[0], reference.reference);
  });

/** The patient shows a code: the question goes to that phone. False when the text is no code of a patient. */
async function takeOffer(context, text) {
  let ours = true;
  await context.run(async () => {
    try {
      const reference = await server.takeOffer(asked(context), text.toWellFormed?.() ?? text);
      goInstead("ask", context.ids[0], reference.reference);
    } catch (problem) {
      ours = problem.code !== "offer-code-foreign";
      if (ours) throw problem;
    }
  });
  return ours;
}

const scan = (context) =>
  context.run(async () => {
    context.set({ scan: await openScanner() });
    await Promise.resolve(); // drawn by now
    document.querySelector("#offer-code")?.focus();
  });

definePage("console-ask", {
  title: ({ app }) => `${app.titleText()} · ${t("ask.button")}`,
  changed: read,
  leave: ({ local, ids, app }) => {
    const next = route();
    // Without a chart the records are looked at under the request's own name.
    const seen = next.page === "visit" && next.ids[0] === ids[1];
    leavePatient(ids[0], local.visit && !seen ? [ids[1]] : [], app, next);
  },
  state: () => ({ draft: freshDraft() }),
  start: (context) => {
    const [patient, name] = context.ids;
    context.run(async () => {
      if (patient !== "new") {
        const opened = await openedPatient(patient);
        context.set({ person: opened.chart.patient });
      }
      if (name) await take(context, await server.reference(name));
      else document.querySelector(".chip")?.focus();
    }, "opening");
  },
  render: (context) => {
    const { local, ids } = context;
    const { person, reference } = local;
    return [
      ids[0] === "new" ? strip(null, { number: false }) : person ? strip(person) : null,
      h(
        "main",
        { class: "exchange", id: "main" },
        h(
          "section",
          { class: "exchange-left" },
          h("h1", {}, person ? t("ask.title", { name: person.name }) : t("ask.title.nobody")),
          h(
            "p",
            { class: "meta" },
            t(`ask.under.${person?.sex === "female" || person?.sex === "male" ? person.sex : "other"}`),
          ),
          reference
            ? sentForm(reference, {
                again: () => goInstead("ask", ids[0]),
                cancel: () => act(context, server.cancel),
                busy: local.busy,
              })
            : askForm(context, { send: () => send(context), scan: () => scan(context) }),
        ),
        h(
          "section",
          { class: "card exchange-right", "aria-live": "polite" },
          steps([local.scan || reference?.offered ? "offer.step.scan" : "ask.step.scan", ...STEPS], stepOf(local)),
          problemNotice(local.problem, againOf(context)),
          panel(context),
        ),
      ),
    ];
  },
});

/** What may help when it is tried once more. */
function againOf(context) {
  const { reference, scan: scanning, problem } = context.local;
  if (reference) return () => read(context);
  const passing = problem?.status === 0 || problem?.status >= 500;
  return scanning?.last && passing ? () => takeOffer(context, scanning.last) : null;
}

function panel(context) {
  const { local, ids } = context;
  const { reference, visit, person } = local;
  if (!reference && local.scan)
    return scannerPanel(local.scan, {
      take: (text) => takeOffer(context, text),
      changed: context.redraw,
      leave: () => context.set({ scan: null, problem: null }),
      busy: local.busy,
    });
  if (!reference)
    return h(
      "div",
      { class: "middle" },
      h("div", { class: "waiting-words" }, icon("phone"), h("p", {}, t("offer.before"))),
    );
  const doing = {
    busy: local.busy,
    confirm: () => act(context, server.confirm),
    cancel: () => act(context, server.cancel),
    extend: () => act(context, server.extend),
    ended: () => read(context),
    again: () => goInstead("ask", ids[0]),
  };
  if (reference.state === "accepted") {
    return visit
      ? arrived({ visit, reference, person, comparedAt: local.comparedAt, see: () => see(ids[0], reference) })
      : note("clock", t("ask.arriving"));
  }
  if (reference.state === "waiting") return reference.offered ? offeredPanel(reference, doing) : qrPanel(reference, doing);
  if (reference.state === "claimed" || reference.state === "chosen") {
    return comparePanel(reference, person, doing, local.comparedAt ? clock(local.comparedAt) : null);
  }
  return gonePanel(doing);
}

const see = (patient, reference) => (patient === "new" ? go("visit", reference.reference) : go("patient", patient));
