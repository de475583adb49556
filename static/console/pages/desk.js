// The desk connects a phone: identity checked and recorded, then a one-time QR, then the same three digits.
// Replacing a lost phone is another page, with its delay spelt out and the password asked for again.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { checksSide } from "../desk/checks.js";
import { OPEN, phoneSide } from "../desk/panels.js";
import { askPassword } from "../parts/password.js";
import { opening } from "../parts/opening.js";
import { problemNotice } from "../parts/problem.js";
import { strip } from "../parts/strip.js";
import { definePage } from "../page.js";
import { forgetPatient, openedPatient } from "../record/opened.js";
import { route } from "../route.js";
import { server } from "../server.js";

/** Reads anew; told of a change meanwhile, once more, so that the newest state is always read. */
async function read(context) {
  const { local } = context;
  if (!local.reference || !OPEN.has(local.reference.state)) return;
  local.again = true;
  if (local.reading) return;
  local.reading = true;
  try {
    while (local.again && local.reference && !context.signal.aborted) {
      local.again = false;
      take(context, await server.reference(local.reference.reference));
    }
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    context.set({ problem });
  } finally {
    local.reading = false;
  }
}

function take(context, reference) {
  const { local } = context;
  if (reference.state === "confirmed") {
    local.confirmedAt ??= Date.now();
    local.link = { ...local.link, claimed: true };
  }
  context.set({ reference });
}

// The answer to an act may be older than what was read while it travelled: what counts is read after it.
const act = (context, work) =>
  context.run(async () => {
    take(context, await work(context.local.reference.reference));
    await read(context);
  });

const invite = (context, rekey) =>
  context.run(async () => {
    if (rekey && !(await askPassword(t("rekey.why-password")))) return;
    const reference = await server.invite(context.ids[0], { document: true, match: true, present: true }, rekey);
    context.local.checkedAt = Date.now();
    take(context, reference);
  });

const doing = (context) => ({
  busy: context.local.busy,
  confirm: () => act(context, server.confirm),
  cancel: () => act(context, server.cancel),
  extend: () => act(context, server.extend),
  ended: () => read(context),
  again: () => context.set({ reference: null, checks: new Set(), problem: null, confirmedAt: null }),
});

function definedDesk(tag, rekey) {
  definePage(tag, {
    title: ({ app }) => `${app.titleText()} · ${t(rekey ? "rekey.title" : "desk.title")}`,
    changed: read,
    leave: ({ ids }) => {
      if (route().ids[0] !== ids[0]) forgetPatient();
    },
    state: () => ({ checks: new Set() }),
    start: (context) => {
      context.run(async () => {
        const { chart } = await openedPatient(context.ids[0]);
        context.set({ person: chart.patient, link: chart.link });
      }, "opening");
    },
    render: (context) => page(context, rekey),
  });
}
definedDesk("console-desk", false);
definedDesk("console-rekey", true);

function page(context, rekey) {
  const { local } = context;
  if (!local.person) {
    return opening(local.problem, t("patient.opening"));
  }
  return [
    strip(local.person),
    h(
      "main",
      { class: "exchange", id: "main" },
      h(
        "section",
        { class: "exchange-left" },
        checksSide(context, rekey, () => invite(context, rekey)),
      ),
      h(
        "section",
        { class: "card exchange-right", "aria-live": "polite" },
        problemNotice(local.problem),
        phoneSide(local, rekey, doing(context)),
      ),
    ),
  ];
}
