// One page is one custom element: it draws itself from its state, draws again when that changes, and lets go of
// everything it held when it leaves. Focus and scrolling stay where they were.

import { replace } from "../shared/dom.js";
import { keepingFocus } from "../shared/focus.js";
import { drawingSoon } from "../shared/redraw.js";
import { onChange } from "./live.js";

/**
 * Registers `tag`. The context handed on: {app, ids, local, signal, redraw(), set(changes), run(work)}.
 * `state(context)` gives `local` at first; `start(context)` once; `changed(context)` when the server says that
 * something changed; `leave(context)` at the end;
 * `keys` {key: (context, event) => void} while nobody types in a field; `title(context)` names the window.
 */
export function definePage(tag, { state, start, render, changed, leave, keys = {}, title }) {
  customElements.define(
    tag,
    class extends HTMLElement {
      connectedCallback() {
        const stopper = new AbortController();
        this.context = contextOf(this, stopper.signal);
        Object.assign(this.context.local, state?.(this.context));
        this.stop = () => stopper.abort();
        this.stopHearing = changed ? onChange(() => changed(this.context)) : () => {};
        document.addEventListener("keydown", (this.press = (event) => press(event, keys, this.context)));
        this.draw();
        start?.(this.context);
      }

      disconnectedCallback() {
        this.stop();
        this.stopHearing();
        document.removeEventListener("keydown", this.press);
        leave?.(this.context);
        // Not only out of sight: nothing of a patient stays in memory with this element.
        this.context.local = {};
        replace(this);
      }

      drawSoon = drawingSoon(() => this.isConnected && this.draw());

      draw() {
        const scrolled = [...this.querySelectorAll("[data-scroll]")].map((one) => [one.dataset.scroll, one.scrollTop]);
        keepingFocus(this, () => replace(this, render(this.context)));
        scrolled.forEach(([name, top]) => {
          const again = this.querySelector(`[data-scroll="${name}"]`);
          if (again) again.scrollTop = top;
        });
        document.title = title?.(this.context) ?? this.context.app.titleText();
      }
    },
  );
}

function contextOf(element, signal) {
  const context = { app: element.app, ids: element.ids, local: {}, signal, redraw: () => element.drawSoon() };
  context.set = (changes) => {
    if (signal.aborted) return;
    Object.assign(context.local, changes);
    element.drawSoon();
  };
  /** Does work whose refusal is shown on the page; `busy` while it lasts. */
  context.run = async (work, name = "busy") => {
    if (context.local[name]) return;
    context.set({ [name]: true, problem: null });
    try {
      await work();
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      context.set({ problem });
    } finally {
      context.set({ [name]: false });
    }
  };
  return context;
}

const FIELDS = new Set(["INPUT", "TEXTAREA", "SELECT"]);

function press(event, keys, context) {
  const act = keys[event.key];
  const typing = FIELDS.has(event.target.tagName) && event.key !== "Escape";
  if (!act || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
    return;
  act(context, event);
}
