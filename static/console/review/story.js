// What happened in one emergency, moment by moment, and what stands beside it; a live release on top with its stop.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, moment, named, remaining, t } from "../../shared/i18n.js";
import { button } from "../parts/controls.js";
import { timeLeft } from "../parts/time_left.js";
import { countOf, countsText, declarerText, otherOf, patientText, reasonText } from "./words.js";

/** `doing`: {stop(), ended(), busy}. */
export function story(one, doing) {
  return h(
    "section",
    { class: "review-story", "aria-labelledby": "story", "data-scroll": "story" },
    h("p", { class: "story-name" }, icon("bolt"), t("review.name")),
    h("h1", { id: "story", tabindex: "-1" }, reasonText(one.reason)),
    h("p", { class: "meta" }, `${declarerText(one)} `, t("review.looks-at"), ` ${patientText(one)}`),
    one.open ? live(one, doing) : null,
    h("h2", {}, t("review.story")),
    h("ol", { class: "moments" }, momentsOf(one).map((each) => momentRow(each, one.from))),
    h("h2", {}, t("review.evidence")),
    h("ul", { class: "evidence" }, evidence(one)),
  );
}

function live({ until, side }, { stop, ended, busy }) {
  return h(
    "div",
    { class: "live-release", role: "status" },
    h("strong", {}, t("review.live")),
    timeLeft(until, { seconds: true, ended }),
    side === "custodian"
      ? button("outline", t("review.stop"), stop, { disabled: busy, "data-keep": "stop-release" })
      : h("span", { class: "meta" }, t("review.stop-there")),
  );
}

/** Everything with its time, in order: {at, sign, title, under}. `sign`: "done", "open" or "against". */
export function momentsOf(one) {
  const found = [
    ...begunOf(one),
    one.told.at ? { at: one.told.at, sign: "done", title: t("review.told") } : null,
    one.objection
      ? { at: one.objection.at, sign: "against", title: t("review.objected"), under: t("review.said", { words: one.objection.text }) }
      : null,
    ...one.looked.map(lookOf),
    ...one.questions.map(questionOf),
    endOf(one),
    reviewOf(one.own_review, t("review.reviewed.own", { verdict: verdictOf(one.own_review) })),
    reviewOf(one.other_review, t("review.reviewed.other", { name: otherOf(one), verdict: verdictOf(one.other_review) })),
  ].filter(Boolean);
  const sorted = found.sort((a, b) => a.at - b.at);
  if (one.told.at === null) {
    sorted.push({ at: null, sign: "open", title: t("review.told.not"), under: t("review.told.not.under") });
  }
  if (one.open) sorted.push({ at: null, sign: "open", title: t(one.looked.length > 0 ? "review.now.looked" : "review.now.nothing") });
  return sorted;
}

function begunOf({ side, declaring, user, from, until, text }) {
  const person = [user?.name, user?.department].filter(Boolean).join(" · ");
  const name = side === "declarer" ? t("review.own") : named(declaring.name);
  return [
    {
      at: from,
      sign: "done",
      title: t("review.declared", { name }),
      under: [user ? t(`review.declared.${side}`, { person }) : t("review.erased"), text ? t("review.said", { words: text }) : null],
    },
    { at: from, sign: "done", title: t("review.begun", { time: remaining(until - from) }), under: t("review.begun.under") },
  ];
}

function lookOf({ at, last, counts }) {
  const count = countOf(counts);
  const until = clock(last) === clock(at) ? null : t("review.until", { from: clock(at), to: clock(last) });
  return {
    at,
    sign: "done",
    title: count > 0 ? t("review.looked", { count }) : t("review.looked.nothing"),
    under: [countsText(counts), until].filter(Boolean).join(" · "),
  };
}

const questionOf = ({ own, at, words, by }) => ({
  at,
  sign: "open",
  title: t(own ? "review.question.own" : "review.question.other"),
  under: [by, t("review.said", { words })].filter(Boolean).join(" "),
});

function endOf({ closed, open, until }) {
  if (closed) return { at: closed.at, sign: "done", title: t(`review.closed.${closed.by}`) };
  return open ? null : { at: until, sign: "done", title: t("review.expired") };
}

const verdictOf = (review) => (review ? t(`verdict.${review.verdict}`) : "");

const reviewOf = (review, title) =>
  review
    ? {
        at: review.at,
        sign: review.verdict === "justified" ? "done" : "against",
        title,
        under: [review.reviewer.name, review.words ? t("review.said", { words: review.words }) : null].filter(Boolean).join(" "),
      }
    : null;

const DAY = 86_400_000;

function momentRow({ at, sign, title, under }, from) {
  const time = at === null ? t("review.now") : at - from < DAY ? clock(at) : moment(at);
  return h(
    "li",
    { class: `moment ${sign}` },
    at === null
      ? h("span", { class: "moment-time" }, time)
      : h("time", { class: "moment-time", datetime: new Date(at).toISOString() }, time),
    h("div", {}, h("strong", {}, title), [under].flat().filter(Boolean).map((words) => h("p", { class: "meta" }, words))),
  );
}

function evidence(one) {
  const { budget, objection, told, other_review: other } = one;
  const within = budget.used <= budget.of;
  return [
    row(within, t(within ? "review.within" : "review.over", { used: budget.used, of: budget.of })),
    objection
      ? row(false, t("review.has-objection"))
      : row(told.at !== null, t(told.at === null ? "review.not-told" : "review.no-objection")),
    row(other !== null, t(other ? "review.other-done" : "review.other-open", { name: otherOf(one) })),
  ];
}

const row = (holds, words) =>
  h("li", {}, h("span", { class: holds ? "go-words" : "care-words" }, icon(holds ? "tick" : "question")), h("span", {}, words));
