// The desk connects a phone: identity checked and recorded, then a one-time QR, then the same three digits.
// Replacing a lost phone is another page, with its delay spelt out and the password asked for again.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, moment, t } from "../../shared/i18n.js";
import { digits } from "../../shared/digits.js";
import { codeText, lifeOf, qrPicture, typedCode } from "../parts/code.js";
import { button, checkRow } from "../parts/controls.js";
import { askPassword } from "../parts/password.js";
import { note, problemNotice } from "../parts/problem.js";
import { strip } from "../parts/strip.js";
import { definePage } from "../page.js";
import { forgetPatient, openedPatient } from "../record/opened.js";
import { go, route } from "../route.js";
import { server } from "../server.js";

const CHECKS = ["document", "match", "present"];
const OPEN = new Set(["waiting", "claimed", "proved"]);

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
const act = (context, work) => context.run(async () => {
  take(context, await work(context.local.reference.reference));
  await read(context);
});

const invite = (context, rekey) => context.run(async () => {
  if (rekey && !await askPassword(t("rekey.why-password"))) return;
  const reference = await server.invite(context.ids[0], { document: true, match: true, present: true }, rekey);
  context.local.checkedAt = Date.now();
  take(context, reference);
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
    return h("main", { class: "wait", id: "main" }, problemNotice(local.problem), local.problem
      ? button("outline", t("page.back-to-find"), () => go("find")) : note("clock", t("patient.opening")));
  }
  return [
    strip(local.person),
    h("main", { class: "exchange", id: "main" },
      h("section", { class: "exchange-left" }, left(context, rekey)),
      h("section", { class: "card exchange-right", "aria-live": "polite" }, problemNotice(local.problem), right(context, rekey))),
  ];
}

function left(context, rekey) {
  const { local, set, ids, app } = context;
  const fixed = Boolean(local.reference);
  const tick = (name) => (on) => {
    const checks = new Set(local.checks);
    if (on) checks.add(name);
    else checks.delete(name);
    set({ checks });
  };
  const stamp = fixed ? t("desk.checked-by", { time: clock(local.checkedAt), name: app.session().staff.name }) : t("check.present.under");
  return [
    h("h1", {}, t(rekey ? "rekey.title" : "desk.title")),
    rekey ? delay() : null,
    h("h2", { class: "spaced" }, t("desk.identity")),
    h("div", { class: "checks" }, CHECKS.map((name) => (fixed
      ? checked(t(`check.${name}`), name === "present" ? stamp : t(`check.${name}.under`))
      : checkRow(`check-${name}`, t(`check.${name}`), t(`check.${name}.under`), local.checks.has(name), tick(name))))),
    fixed ? null : issue(context, rekey),
    h("div", { class: "ruled" }, rekey
      ? button("text", t("desk.back-to-link"), () => go("desk", ids[0]), { icon: "back" })
      : [h("p", { class: "meta" }, t("desk.lost")), button("text", t("desk.to-rekey"), () => go("rekey", ids[0]), { after: "forward", "data-keep": "to-rekey" })]),
  ];
}

const checked = (title, under) => h("div", { class: "check-row fixed" }, h("span", { class: "go-words" }, icon("tick")),
  h("div", {}, h("div", {}, title), h("div", { class: "meta" }, under)));

const delay = () => h("ul", { class: "notice care facts" }, ["wait", "told", "contest", "ends"].map((key) => h("li", {}, t(`rekey.${key}`))));

function issue(context, rekey) {
  const { local } = context;
  const blocked = local.link.closed ? "desk.link-closed" : rekey && !local.link.claimed ? "rekey.none-yet"
    : !rekey && local.link.claimed ? "desk.claimed" : null;
  const missing = CHECKS.length - local.checks.size;
  return h("div", { class: "form-end" },
    button("primary", t("desk.show-code"), () => invite(context, rekey), {
      disabled: Boolean(blocked) || missing > 0 || local.busy, "data-keep": "invite", "aria-describedby": "why-not",
    }),
    h("p", { class: "meta", id: "why-not" }, blocked ? t(blocked) : missing > 0 ? t("desk.checks-missing", { count: missing }) : t("desk.ready")));
}

function right(context, rekey) {
  const { local } = context;
  const { reference } = local;
  const again = () => context.set({ reference: null, checks: new Set(), problem: null, confirmedAt: null });
  const doing = {
    busy: local.busy, confirm: () => act(context, server.confirm), cancel: () => act(context, server.cancel),
    extend: () => act(context, server.extend), ended: () => read(context),
  };
  if (!reference) {
    const state = local.link.claimed ? "desk.is-linked" : "desk.before";
    return h("div", { class: "middle" }, h("div", { class: "waiting-words" }, icon("phone"), h("p", {}, t(rekey ? "rekey.before" : state))));
  }
  if (reference.state === "confirmed") return connected(reference, local);
  if (!OPEN.has(reference.state)) return ended(again);
  if (reference.state === "waiting") {
    return h("div", { class: "middle two" }, qrPicture(reference, false), h("div", { class: "scan-words" },
      h("h2", { class: "large" }, t("desk.scan")), h("p", { class: "meta" }, t("ask.scan.under")), typedCode(reference), lifeOf(reference, doing)));
  }
  return compare(reference, local.person, doing);
}

function compare(reference, person, doing) {
  const proved = reference.state === "proved";
  return h("div", { class: "middle two" },
    h("div", { class: "qr-side" }, qrPicture(reference, true), h("p", { class: "meta centred" }, t("desk.code-used", { code: codeText(reference.code) }))),
    h("div", { class: "scan-words" },
      h("h2", { class: "large" }, t("desk.same-digits")), h("p", { class: "meta" }, t("desk.read-out", { name: person.name })),
      digits(reference.digits),
      h("div", { class: "actions" },
        button("go", t("desk.confirm"), doing.confirm, { icon: "tick", disabled: !proved || doing.busy, "data-keep": "confirm", "aria-describedby": "proof" }),
        button("outline", t("digits.differ"), doing.cancel, { disabled: doing.busy, "data-keep": "differ" })),
      h("p", { class: "meta", id: "proof", role: "status" }, t(proved ? "desk.phone-said-same" : "desk.phone-not-yet")),
      lifeOf(reference, doing)));
}

const connected = (reference, local) => h("div", { class: "middle" }, h("div", { class: "compare" },
  h("span", { class: "big-tick" }, icon("tick")),
  h("h2", { class: "large", role: "status" }, t(reference.delay_until ? "rekey.done" : "desk.done", { name: local.person.name })),
  h("p", { class: "tick" }, t("digits.compared-at", { time: clock(local.confirmedAt) })),
  h("p", { class: "meta" }, reference.delay_until ? t("rekey.done.under", { moment: moment(reference.delay_until) }) : t("desk.done.under")),
  h("div", { class: "actions" }, button("primary", t("desk.next"), () => go("find"), { "data-keep": "next" }))));

const ended = (again) => h("div", { class: "middle" }, h("div", { class: "compare" },
  h("h2", { class: "large", role: "status" }, t("desk.ended")), h("p", { class: "meta" }, t("desk.ended.under")),
  h("div", { class: "actions" }, button("outline", t("desk.once-more"), again, { "data-keep": "once-more" }))));
