// The one tap: from 收回 to 已收回, as a screen follows it. The card stays ten seconds after it is done, then leaves.

import { WAITING, revokeGrants, waitingState } from "./revoke.js";

const SLOW = 1_000;
const STAYS = 10_000;

export async function closeDoor(wallet, card) {
  const set = (state) => {
    wallet.closing.set(card.key, { card, state });
    wallet.changed();
  };
  set("sending");
  const slow = setTimeout(() => set("slow"), SLOW);
  const outcome = await revokeGrants(wallet, card.grants).catch(() => "failed");
  clearTimeout(slow);
  set(outcome);
  wallet.channel.postMessage("changed");
  if (!WAITING.includes(outcome)) setTimeout(() => forget(wallet, card.key), STAYS);
  return outcome;
}

function forget(wallet, key) {
  wallet.closing.delete(key);
  wallet.changed();
}

/** Cards to show: open ones, and those just closed, each with the state of its closing. */
export function shownDoors(wallet) {
  const open = wallet.openDoors();
  const gone = [...wallet.closing.values()].map(({ card }) => card)
    .filter((card) => !open.some((each) => each.key === card.key));
  return [...open, ...gone].map((card) => ({ card, state: wallet.closing.get(card.key)?.state ?? waits(wallet, card) }));
}

const waits = ({ unsent }, card) => {
  const states = unsent.filter((each) => card.grants.some(({ id }) => id === each.grant)).map(waitingState);
  return WAITING.find((state) => states.includes(state));
};

/** What waited has gone out: the cards that said so are done, or say that it was not accepted. */
export function settleSent(wallet, outcomes) {
  for (const [key, { card, state }] of wallet.closing) {
    if (!WAITING.includes(state)) continue;
    const still = waits(wallet, card);
    if (still) {
      wallet.closing.set(key, { card, state: still });
      continue;
    }
    const failed = card.grants.some(({ id }) => outcomes.get(id) === "failed");
    wallet.closing.set(key, { card, state: failed ? "failed" : "done" });
    setTimeout(() => forget(wallet, key), STAYS);
  }
  wallet.changed();
}
