// What happened in one emergency, moment by moment: declared, told, looked at, asked, ended, reviewed. No drawing.

import { clock, named, remaining, t } from "../../shared/i18n.js";
import { countOf, countsText, otherOf } from "./words.js";

/** Everything with its time, in order: {at, sign, title, under}. `sign`: "done", "open" or "against". */
export function momentsOf(one) {
  const found = [
    ...begunOf(one),
    one.told.at ? { at: one.told.at, sign: "done", title: t("review.told") } : null,
    one.objection
      ? {
          at: one.objection.at,
          sign: "against",
          title: t("review.objected"),
          under: t("review.said", { words: one.objection.text }),
        }
      : null,
    ...one.looked.map(lookOf),
    ...one.questions.map(questionOf),
    endOf(one),
    reviewOf(one.own_review, t("review.reviewed.own", { verdict: verdictOf(one.own_review) })),
    reviewOf(one.other_review, otherTitle(one)),
  ].filter(Boolean);
  const sorted = found.sort((a, b) => a.at - b.at);
  if (one.told.at === null) {
    sorted.push({ at: null, sign: "open", title: t("review.told.not"), under: t("review.told.not.under") });
  }
  if (one.open)
    sorted.push({
      at: null,
      sign: "open",
      title: t(one.looked.length > 0 ? "review.now.looked" : "review.now.nothing"),
    });
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
      under: [
        user ? t(`review.declared.${side}`, { person }) : t("review.erased"),
        text ? t("review.said", { words: text }) : null,
      ],
    },
    {
      at: from,
      sign: "done",
      title: t("review.begun", { time: remaining(until - from) }),
      under: t("review.begun.under"),
    },
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

// Another node may not have told what stands behind its review.
function otherTitle(one) {
  const name = otherOf(one);
  if (one.other_review && !one.other_review.verdict) return t("review.reviewed.untold", { name });
  return t("review.reviewed.other", { name, verdict: verdictOf(one.other_review) });
}

const verdictOf = (review) => (review ? t(`verdict.${review.verdict}`) : "");

const reviewOf = (review, title) =>
  review
    ? {
        at: review.at,
        sign: review.verdict === "not-justified" ? "against" : "done",
        title,
        under: [review.reviewer?.name, review.words ? t("review.said", { words: review.words }) : null]
          .filter(Boolean)
          .join(" "),
      }
    : null;
