// Where the keyboard is: kept through every redraw, and never lost to the document's body.

/**
 * Runs `draw`, which puts new nodes into `root`. The control of the same name (`data-keep`) has the focus again, or
 * what is alike where none was given (a link, a table that scrolls); when it is gone, or cannot take it while work
 * lasts, the main part has it and gives it back as soon as it can.
 */
export function keepingFocus(root, draw) {
  const held = root.contains(document.activeElement) ? document.activeElement : null;
  const place = held === null ? 0 : alike(root, held).indexOf(held);
  draw();
  if (held === null || root.contains(document.activeElement)) return;
  const name = held.dataset.keep ?? held.dataset.waitsFor;
  const again = name ? root.querySelector(`[data-keep="${CSS.escape(name)}"]`) : alike(root, held)[place];
  again?.focus({ preventScroll: true });
  if (isLost()) focusMain({ waitsFor: name, title: held.tagName === "H1" });
}

const MARKS = ["id", "class", "role", "href", "aria-label"];
const marksOf = (one) => MARKS.map((name) => one.getAttribute(name) ?? "").join("\n");

/** All of the kind and look of `held`, in order. Buttons go by name alone: the next one would do something else. */
const alike = (root, held) =>
  held.localName === "button"
    ? []
    : [...root.querySelectorAll(held.localName)].filter((one) => marksOf(one) === marksOf(held));

export const isLost = () => [null, document.body].includes(document.activeElement);

/** Puts the keyboard at the start of what the page is about; `title`: at its heading. */
export function focusMain({ waitsFor = null, title = false } = {}) {
  const place = (title ? document.querySelector("h1") : null) ?? document.querySelector("main");
  if (!place) return;
  place.setAttribute("tabindex", "-1");
  if (waitsFor) place.dataset.waitsFor = waitsFor;
  place.focus({ preventScroll: true });
}
