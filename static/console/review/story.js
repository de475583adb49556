// What happened in one emergency, moment by moment, and what stands beside it; a live release on top with its stop.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, moment, t } from "../../shared/i18n.js";
import { button } from "../parts/controls.js";
import { timeLeft } from "../parts/time_left.js";
import { momentsOf } from "./moments.js";
import { declarerText, otherOf, patientText, reasonText } from "./words.js";

/** `doing`: {stop(), ended(), busy}. */
export function story(one, doing) {
  return h(
    "section",
    { class: "review-story", "aria-labelledby": "story", "data-scroll": "story" },
    h("p", { class: "story-name" }, icon("bolt"), t("review.name")),
    h("h1", { id: "story", tabindex: "-1" }, reasonText(one.reason)),
    h("p", { class: "meta" }, `${declarerText(one)} `, t("review.looks-at"), ` ${patientText(one)}`),
    one.recorded ? null : h("p", { class: "flag" }, icon("clock"), t("review.waiting")),
    one.open ? live(one, doing) : null,
    h("h2", {}, t("review.story")),
    h(
      "ol",
      { class: "moments" },
      momentsOf(one).map((each, place, all) => momentRow(each, all[place - 1]?.at)),
    ),
    h("h2", {}, t("review.evidence")),
    h("ul", { class: "evidence" }, evidence(one)),
  );
}

function live({ until, side }, { stop, ended, busy }) {
  return h(
    "div",
    { class: "live-release" },
    h("strong", {}, t("review.live")),
    timeLeft(until, { seconds: true, ended }),
    side === "custodian"
      ? button("outline", t("review.stop"), stop, { disabled: busy, "data-keep": "stop-release" })
      : h("span", { class: "meta" }, t("review.stop-there")),
  );
}

const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

/** The day stands where it changes: at the first moment unless that is today, and at each later day. */
function timeText(at, before) {
  if (at === null) return t("review.now");
  return sameDay(at, before ?? Date.now()) ? clock(at) : moment(at);
}

function momentRow({ at, sign, title, under }, before) {
  const time = timeText(at, before);
  return h(
    "li",
    { class: `moment ${sign}` },
    at === null
      ? h("span", { class: "moment-time" }, time)
      : h("time", { class: "moment-time", datetime: new Date(at).toISOString() }, time),
    h(
      "div",
      {},
      h("strong", {}, title),
      [under]
        .flat()
        .filter(Boolean)
        .map((words) => h("p", { class: "meta" }, words)),
    ),
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
  h(
    "li",
    {},
    h("span", { class: holds ? "go-words" : "care-words" }, icon(holds ? "tick" : "question")),
    h("span", {}, words),
  );
