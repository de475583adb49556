// One line a source: whose records, which, how long still; or, full width, that it closed and why.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, moment, named, t } from "../../shared/i18n.js";
import { markNode } from "../../shared/chart.js";
import { button } from "../parts/controls.js";
import { scopeText } from "../parts/scope.js";
import { timeBar, timeLeft } from "../parts/time_left.js";

const SOON_MS = 10 * 60_000;

/** `own`: {name, mark, count} or null; `alone`: nothing was asked for yet; `sources` of visits; `refresh(reference)`, `ended(source)`. */
export function sourceLines({ own, alone, sources, marks, refresh, ended, busy }) {
  const open = sources.filter(({ state }) => state === "open");
  const closed = sources.filter(({ state }) => state !== "open");
  return h(
    "section",
    { class: "sources", "aria-label": t("sources.label") },
    open.length > 0
      ? h(
          "div",
          { class: "source-row" },
          open.map((source) => openLine(source, marks, ended)),
        )
      : null,
    own && open.length === 0 ? ownLine(own, alone) : null,
    closed.map((source) => closedLine(source, refresh, busy)),
  );
}

function openLine(source, marks, ended) {
  // A visit is over before its grant: what is on the screen then goes, a new look asks again.
  const ends = Math.min(source.ends_at ?? source.not_after, source.not_after);
  const short = ends < source.not_after && ends - Date.now() < SOON_MS;
  const watch = timeLeft(ends, { ended: () => ended(source) });
  watch.hidden = true;
  return h(
    "div",
    { class: "source" },
    h(
      "div",
      { class: "source-words" },
      h(
        "span",
        { class: "institution" },
        markNode(marks[source.custodian.id]),
        h("strong", {}, named(source.custodian.name)),
      ),
      h("span", { class: "meta" }, inEmergency(source) ? t("emergency.scope") : scopeText(source.scope)),
      h(
        "span",
        { class: "source-time" },
        timeLeft(source.not_after, { care: true }),
        h("span", { class: "meta" }, t("until", { moment: moment(source.not_after) })),
      ),
    ),
    source.since ? timeBar(Math.max(source.since, source.not_before ?? 0), source.not_after) : null,
    watch,
    short ? h("p", { class: "meta care-words" }, t("source.visit-ends", { time: clock(ends) })) : null,
  );
}

/** The own chart, as a line of its own. */
export const ownLine = ({ name, mark, count }, alone = false) =>
  h(
    "div",
    { class: "source own" },
    h(
      "div",
      { class: "source-words" },
      h("span", { class: "institution" }, mark ? markNode(mark) : null, h("strong", {}, named(name))),
      h("span", { class: "meta" }, t("source.own", { count }), alone ? ` · ${t("patient.only-own")}` : null),
    ),
  );

const inEmergency = ({ purpose }) => purpose === "BTG";

function closedLine(source, refresh, busy) {
  const { state, ended_at: at, custodian } = source;
  const words = inEmergency(source) ? `emergency.source.${state}` : `source.${state}`;
  const again = (state === "ended" || state === "unavailable" || state === "refused") && source.not_after > Date.now();
  return h(
    "div",
    { class: ["revoked", "stopped"].includes(state) ? "closed revoked" : "closed", role: "status" },
    icon("lock"),
    h(
      "div",
      { class: "closed-words" },
      h("strong", {}, t(words, { time: at ? clock(at) : "" })),
      h("p", { class: "meta" }, t(`${words}.under`, { name: named(custodian.name) })),
    ),
    again
      ? button("tint", t("source.look-again"), () => refresh(source.reference), {
          disabled: busy,
          "data-keep": `again-${source.grant}`,
        })
      : null,
  );
}
