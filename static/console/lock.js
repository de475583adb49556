// Locks the console after five minutes without a touch, and says so half a minute before.

const IDLE_MS = 5 * 60_000;
const WARN_MS = 30_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

let timer = null;
let stop = null;

/** Starts the watch: `warn(on)` half a minute before the end, `lock()` at the end. */
export function startIdleWatch({ warn, lock }) {
  stop?.();
  let warned = false;
  const wait = (ms, then) => {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  };
  const again = () => {
    if (warned) warn(false);
    warned = false;
    wait(IDLE_MS - WARN_MS, () => {
      warned = true;
      warn(true);
      wait(WARN_MS, lock);
    });
  };
  SIGNS.forEach((sign) => window.addEventListener(sign, again, { passive: true }));
  again();
  stop = () => {
    clearTimeout(timer);
    SIGNS.forEach((sign) => window.removeEventListener(sign, again));
    stop = null;
  };
}

export const stopIdleWatch = () => stop?.();
