// The privacy officer's review of emergencies: the queue, what happened, the judgement.
// Ending a live release is one press; a judgement asks for the password again.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { freshly } from "../parts/password.js";
import { note, problemNotice } from "../parts/problem.js";
import { definePage } from "../page.js";
import { goInstead } from "../route.js";
import { cases, casesProblem, onCases, readCases } from "../review/cases.js";
import { queue } from "../review/queue.js";
import { story } from "../review/story.js";
import { judgement, stopsRelease } from "../review/verdict.js";
import { server } from "../server.js";

const AFTER_CLICK_MS = 300;

/** The case that the address names, else the one that has waited longest. */
function chosenOf({ ids }) {
  const { waiting, done } = cases();
  return [...waiting, ...done].find(({ id }) => id === ids[0]) ?? (ids[0] ? null : (waiting[0] ?? null));
}

/** A field drawn anew would end a word being composed: news waits until the field is left, and a press has landed. */
function drawWhenNotWriting({ redraw, signal }) {
  const field = document.activeElement;
  if (field?.tagName !== "TEXTAREA") {
    redraw();
    return;
  }
  const left = () => setTimeout(() => signal.aborted || redraw(), AFTER_CLICK_MS);
  field.addEventListener("blur", left, { once: true, signal });
}

const stop = (context, one) =>
  context.run(async () => {
    await server.stopRelease(one.id).catch(unlessEnded);
    await readCases();
  });

/** Somebody else was quicker: what was wanted is so. */
function unlessEnded(problem) {
  if (problem.code !== "glass-closed") throw problem;
}

async function submit(context, one) {
  const { verdict, words } = context.local;
  const needsWords = verdict !== "justified";
  context.set({ lacks: needsWords && words.trim() === "" });
  if (needsWords && words.trim() === "") return;
  await context.run(async () => {
    const send = () => server.review(one.id, { verdict, words: words.trim() });
    if ((await freshly(t("review.why-password"), send)) === null) return;
    if (verdict === "not-justified" && stopsRelease(one)) await server.stopRelease(one.id).catch(unlessEnded);
    Object.assign(context.local, { verdict: null, words: "" });
    await readCases();
    // The case stays in sight, though another one now waits longest.
    goInstead("review", one.id);
  }, "sending");
}

definePage("console-review", {
  title: ({ app }) => `${app.titleText()} · ${t("place.review")}`,
  state: () => ({ verdict: null, words: "", lacks: false }),
  start: (context) => {
    const stopHearing = onCases(() => drawWhenNotWriting(context));
    context.signal.addEventListener("abort", stopHearing);
    if (context.ids[0]) document.querySelector(".queued.on")?.focus();
  },
  render: (context) => {
    const { local } = context;
    if (cases() === null) {
      return h(
        "main",
        { class: "wait", id: "main" },
        h("h1", { class: "visually-hidden" }, t("review.title")),
        casesProblem() ? problemNotice(casesProblem(), readCases) : note("clock", t("review.opening")),
      );
    }
    const one = chosenOf(context);
    return h(
      "main",
      { class: "review", id: "main" },
      queue(cases(), one?.id),
      h(
        "div",
        { class: "review-case" },
        problemNotice(local.problem ?? casesProblem()),
        one ? middle(context, one) : nothing(),
      ),
      one ? side(context, one) : null,
    );
  },
});

const middle = (context, one) =>
  story(one, {
    busy: context.local.busy,
    stop: () => stop(context, one),
    ended: readCases,
  });

const side = (context, one) =>
  judgement(one, context.local, {
    choose: (verdict) => context.set({ verdict, lacks: false }),
    write: (words) => {
      context.local.words = words;
    },
    submit: () => submit(context, one),
  });

const nothing = () =>
  h(
    "div",
    { class: "review-nothing" },
    h("h1", {}, t("review.none")),
    h("p", { class: "meta" }, t("review.none.under")),
  );
