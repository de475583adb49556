// Stopping an emergency: one tap, from 现在就停止 to 已停止, as its screens follow it.
// Stopped is said when the log shows it, or when this phone's own receipt held; never on anybody's word.

import { closeGlass, waitingState } from "./revoke.js";

const SLOW = 1_000;

export async function stopGlass(wallet, glass) {
  const set = (state) => {
    wallet.stopping.set(glass.id, state);
    wallet.changed();
  };
  set("sending");
  const slow = setTimeout(() => set("slow"), SLOW);
  const outcome = await closeGlass(wallet, glass).catch(() => "failed");
  clearTimeout(slow);
  set(outcome);
  wallet.channel.postMessage("changed");
}

/** undefined while nothing was done, else "sending", "slow", one of WAITING, "failed" or "done" (its receipt held). */
export function stoppingState({ stopping, unsent }, glass) {
  const waiting = unsent.find((each) => each.grant === glass.id);
  if (waiting) return waitingState(waiting);
  const state = stopping.get(glass.id);
  // "before": the log has yet to show it; until then nothing is said, and the button is there.
  return state === "before" ? undefined : state;
}

/** What waited has gone out: an emergency that said so is stopped, or says that it is not. */
export function settleStopped(wallet, outcomes) {
  for (const { id } of wallet.glasses()) {
    if (outcomes.has(id)) wallet.stopping.set(id, outcomes.get(id));
  }
}
