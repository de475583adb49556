// The top line of every page: institution, department and role, language, name, lock; warnings under it.

import { h } from "../../shared/dom.js";
import { focusMain } from "../../shared/focus.js";
import { icon } from "../../shared/icons.js";
import { lang, moment, named, setLanguage, t } from "../../shared/i18n.js";
import { addressOf } from "../route.js";

/** Pages in the top line, for roles that have more than one. */
const PLACES = {
  privacy: ["review", "find", "audit", "reuse"],
  clinician: ["find", "reuse"],
  administrator: ["node", "reuse"],
};

/** `waiting`: how many emergencies wait for this privacy officer. */
export function topLine({ session, page, lock, waiting = 0 }) {
  if (!session)
    return h(
      "header",
      { class: "top" },
      skipLink(),
      h("span", { class: "top-name" }, icon("key"), h("strong", {}, t("app.name"))),
      languageButton(),
    );
  const { institution, staff } = session;
  const places = PLACES[staff.role] ?? [];
  return h(
    "header",
    { class: "top" },
    skipLink(),
    h(
      "a",
      { class: "top-name", href: addressOf(""), "aria-label": `${named(institution.name)} · ${t("top.start")}` },
      icon("key"),
      h("strong", {}, named(institution.name)),
    ),
    h("span", { class: "top-role" }, [staff.department, t(`role.${staff.role}`)].filter(Boolean).join(" · ")),
    places.length > 0
      ? h(
          "nav",
          { class: "top-places", "aria-label": t("top.places") },
          places.map((place) =>
            h(
              "a",
              {
                href: addressOf(place),
                "aria-current": place === page ? "page" : null,
                "data-keep": `place-${place}`,
              },
              t(`place.${place}`),
              place === "review" && waiting > 0 ? h("span", { class: "top-count" }, String(waiting)) : null,
            ),
          ),
        )
      : null,
    languageButton(),
    h("span", {}, staff.name),
    h("button", { type: "button", class: "plain", onClick: lock, "data-keep": "lock" }, icon("lock"), t("lock")),
  );
}

/** The first thing that the keyboard reaches; the address stays, for it names the page. */
const skipLink = () =>
  h(
    "a",
    {
      class: "skip",
      href: "#main",
      "data-keep": "skip",
      onClick: (event) => {
        event.preventDefault();
        focusMain();
      },
    },
    t("top.skip"),
  );

const languageButton = () =>
  h(
    "button",
    {
      type: "button",
      class: "plain language",
      lang: lang() === "en" ? "zh-CN" : "en",
      "data-keep": "language",
      onClick: () => setLanguage(lang() === "en" ? "zh-CN" : "en"),
    },
    lang() === "en" ? "中文" : "English",
  );

/** What is wrong with the node, for whoever sits here: what happens, what to do. */
export const warningBanner = (status) =>
  (status?.warnings ?? []).map(({ title, todo }) =>
    h(
      "div",
      { class: status.ready ? "banner care" : "banner stopped", role: "alert" },
      icon("alarm"),
      h("p", {}, h("strong", {}, named(title)), " ", named(todo)),
    ),
  );

export const idleBanner = (stay) =>
  h(
    "div",
    { class: "banner care", role: "alert" },
    icon("clock"),
    h("p", {}, t("lock.soon")),
    h("button", { type: "button", class: "button outline", onClick: stay }, t("lock.stay")),
  );

/** Stands on every printed sheet: who printed, when, for what. */
export const printHead = (session) =>
  session
    ? h(
        "p",
        { class: "print-head" },
        t("print.head", {
          name: session.staff.name,
          institution: named(session.institution.name),
          moment: moment(Date.now()),
          purpose: t(session.staff.role === "clinician" ? "print.care" : "print.administration"),
        }),
      )
    : null;
