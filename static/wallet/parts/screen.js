// One screen is one custom element: it draws itself, draws again when the wallet changes, and lets go when it leaves.
// Drawing again keeps the focus where it was, so that a refresh in the background disturbs nobody.

import { h, replace } from "../../shared/dom.js";
import { keepingFocus } from "../../shared/focus.js";
import { drawingSoon } from "../../shared/redraw.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { tabs } from "./tabs.js";

/**
 * Register `tag`. `render(context)` gives nodes; `start(context)` runs once. The context: {wallet, go, back, params,
 * local (this screen's own state), signal (aborted on leaving), redraw()}.
 */
export function defineScreen(tag, { start, render }) {
  customElements.define(tag, class extends HTMLElement {
    connectedCallback() {
      const stopper = new AbortController();
      const { wallet, go, back, params } = this.given;
      this.context = {
        wallet, go, back, params, local: {}, signal: stopper.signal, redraw: () => this.drawSoon(),
      };
      this.leave = () => stopper.abort();
      this.stopListening = wallet.on(() => this.isWrittenIn() || this.drawSoon());
      this.draw();
      start?.(this.context);
    }

    disconnectedCallback() {
      this.leave();
      this.stopListening();
    }

    /** Somebody is writing sentences: news waits, for a new field would end what is being composed letter by letter. */
    isWrittenIn() {
      return this.contains(document.activeElement) && document.activeElement.tagName === "TEXTAREA";
    }

    drawSoon = drawingSoon(() => this.isConnected && this.draw());

    draw() {
      keepingFocus(this, () => replace(this, ...[render(this.context)].flat()));
    }
  });
}

/** The frame of a screen: top line, what is on it, what stays in reach at the bottom (`after`: below the rest, where all must be read first). `tab`: tabs. */
export function page(context, { top, body, foot = null, tab = null, after = false }) {
  return [
    h("header", { class: "top" }, top),
    h("main", { class: "body", id: "main", tabindex: "-1" }, body),
    foot ? h("footer", { class: after ? "foot after" : "foot" }, foot) : null,
    tab ? tabs(context, tab) : null,
  ];
}

/** Words with the places where a line may break: a catalogue marks them with U+200B, the page gets <wbr>. */
export const phrases = (text) => text.split("\u200b").flatMap((part, place) => (place === 0 ? [part] : [h("wbr"), part]));

export const title = (text) => h("h1", { class: "title" }, phrases(text));

/** Key and name: the person stands on every screen after linking. */
export const nameTop = (wallet, right = null) => [
  h("span", { class: "who" }, icon("key"), wallet.person() ?? t("app.name")), right,
];

export const closeTop = ({ wallet, go }, leave) => [
  h("button", { class: "plain round", type: "button", "aria-label": t("close"), "data-keep": "close",
    onClick: leave ?? (() => go(wallet.links.length > 0 ? "home" : "start")) }, icon("close")),
  h("span", { class: "name" }, wallet.person() ?? ""),
];

export const backTop = ({ wallet, back }, words, leave) => [
  h("button", { class: "plain back", type: "button", "data-keep": "back", onClick: leave ?? back }, icon("back"), words),
  h("span", { class: "name" }, wallet.person() ?? ""),
];

/** A button: kind is "primary" | "go" | "alarm" | "tint" | "outline" | "text". */
export const button = (kind, words, onClick, { icon: name = null, ...attributes } = {}) => h(
  "button", { type: "button", class: `button ${kind}`, onClick, ...attributes }, name ? icon(name) : null, words,
);

/** Words for work that takes more than a second, and nothing before that. */
export function busy(since, now, words) {
  return h("p", { class: "meta", role: "status" }, since !== null && now - since >= 1000 ? words : "");
}
