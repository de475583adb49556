// Time that runs: words or figures that count down each second, a bar that empties, a call when it is over.
// One clock for the whole page; an element that left the page is let go.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { countdown, remaining, t } from "../../shared/i18n.js";

const CARE_MS = 10 * 60_000;
const running = new Set();
let timer = null;

function join(element) {
  running.add(element);
  timer ??= setInterval(() => running.forEach((one) => one.tick()), 1000);
}

function part(element) {
  running.delete(element);
  if (running.size > 0) return;
  clearInterval(timer);
  timer = null;
}

class Timed extends HTMLElement {
  connectedCallback() {
    join(this);
    this.tick();
  }

  disconnectedCallback() {
    part(this);
  }
}

customElements.define(
  "time-left",
  class extends Timed {
    tick() {
      const { until, seconds, care, ended } = this.given;
      const left = until - Date.now();
      this.lastChild.textContent = t("left", { time: seconds ? remaining(left, { seconds: true }) : countdown(left) });
      this.classList.toggle("care", care && left < CARE_MS);
      if (left > 0 || this.over) return;
      this.over = true;
      ended?.();
    }
  },
);

customElements.define(
  "time-bar",
  class extends Timed {
    tick() {
      const { from, until } = this.given;
      const left = Math.max(0, Math.min(1, (until - Date.now()) / Math.max(1, until - from)));
      this.firstElementChild.style.inlineSize = `${(left * 100).toFixed(2)}%`;
      this.classList.toggle("care", until - Date.now() < CARE_MS);
    }
  },
);

/** "还有 2 天 07:18:40", or in words with `seconds`; `care` marks the last ten minutes; `ended()` once at the end. */
export function timeLeft(until, { seconds = false, care = false, ended } = {}) {
  const element = h("time-left", { role: "timer" }, icon("clock"), h("span"));
  element.given = { until, seconds, care, ended };
  return element;
}

/** The remaining part of [from, until], emptying to the left. */
export function timeBar(from, until) {
  const element = h("time-bar", { class: "bar", "aria-hidden": "true" }, h("div", { class: "bar-left" }));
  element.given = { from, until };
  return element;
}
