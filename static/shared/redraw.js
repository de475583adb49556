// Draws a screen anew: once for many changes, and never under a finger.
// What a press began on must still be there when it ends, or the browser makes no click of it and the tap is lost.
// A press holds drawing back for one second at most: what was revoked must not stay on the screen for as long as
// somebody leans on it.

const LONGEST_HOLD_MS = 1000;
// After a touch the click comes in a task of its own; a swipe or a long press makes none.
const CLICK_COMES_MS = 150;

const held = new Set();
let timer = null;

const release = () => {
  clearTimeout(timer);
  timer = null;
};

const drawHeld = () => {
  release();
  const draws = [...held];
  held.clear();
  draws.forEach((draw) => draw());
};

const holdFor = (ms) => {
  clearTimeout(timer);
  timer = setTimeout(drawHeld, ms);
};

/** Follows what is pressed in this window, by finger, pointer or space bar. Once, when the program starts. */
export function watchPresses(target = document) {
  const on = (name, act) => target.addEventListener(name, act, { capture: true, passive: true });
  on("pointerdown", () => holdFor(LONGEST_HOLD_MS));
  on("keydown", (event) => event.key === " " && !event.repeat && holdFor(LONGEST_HOLD_MS));
  for (const name of ["pointerup", "keyup"]) on(name, () => timer !== null && holdFor(CLICK_COMES_MS));
  on("pointercancel", drawHeld);
  on("click", () => {
    // What the click itself changes is drawn at once; what waited, after the browser has done its part of the click.
    release();
    setTimeout(drawHeld);
  });
}

/** Gives a function that has `draw` called soon. */
export function drawingSoon(draw) {
  let waiting = false;
  const now = () => {
    held.delete(now);
    waiting = false;
    draw();
  };
  return () => {
    if (timer !== null) {
      held.add(now);
    } else if (!waiting) {
      waiting = true;
      queueMicrotask(now);
    }
  };
}
