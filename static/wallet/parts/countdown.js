// Time that is left, in words, drawn anew each second by itself; what stands around it is not touched.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { remaining, t } from "../../shared/i18n.js";

customElements.define("y-countdown", class extends HTMLElement {
  connectedCallback() {
    this.tick();
    this.timer ??= setInterval(() => this.tick(), 1_000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.timer = null;
  }

  tick() {
    const { until, now } = this.given;
    this.lastChild.textContent = t("door.left", { time: remaining(Math.max(0, until - now()), { seconds: true }) });
  }
});

/** "还有 9 分 12 秒" until `until`; `now()` is the clock that set it. */
export function countdown(until, now) {
  const element = h("y-countdown", { role: "timer", class: "countdown" }, icon("clock"), h("span"));
  element.given = { until, now };
  return element;
}
