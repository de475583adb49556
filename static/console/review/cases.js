// The emergencies that wait for this privacy officer, and those just reviewed; read once for the page and its number.
// In memory only, and dropped at lock. Whoever listens is told after each reading.

import { onChange } from "../live.js";
import { server } from "../server.js";

const listeners = new Set();
let held = null;
let lost = null;
let stop = null;

/** {waiting, done} as last read, or null. */
export const cases = () => held;

/** Why the last reading gave nothing; null when it did. */
export const casesProblem = () => lost;

/** Calls `listener()` after each reading; gives back how to end it. */
export function onCases(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Reads anew; what goes wrong is kept for the page to show. */
export async function readCases() {
  let problem = null;
  const found = await server.reviews().catch((refused) => {
    if (refused.status === undefined) throw refused;
    problem = refused;
    return held;
  });
  if (stop === null) return;
  held = found;
  lost = problem;
  listeners.forEach((listener) => listener());
}

/** Begins to read at each change, once for each sign-in; `drawn()` after each reading. */
export function followCases(drawn) {
  forgetCases();
  const ends = [onChange(readCases), onCases(drawn)];
  stop = () => ends.forEach((end) => end());
  readCases();
}

export function forgetCases() {
  stop?.();
  stop = null;
  held = null;
  lost = null;
}
