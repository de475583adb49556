// The one tap: from 收回 to 已收回, as a screen follows it. The card stays ten seconds after it is done, then leaves.

import { revokeGrants } from "./revoke.js";

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
  if (outcome !== "unsent") setTimeout(() => forget(wallet, card.key), STAYS);
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

const waits = ({ unsent }, card) => (
  unsent.some((each) => card.grants.some((grant) => grant.id === each.grant)) ? "unsent" : undefined
);

/** What waited has gone out: the cards that said so are done, or say that it was not accepted. */
export function settleSent(wallet, outcomes) {
  for (const [key, { card, state }] of wallet.closing) {
    if (state !== "unsent" || waits(wallet, card)) continue;
    const failed = card.grants.some(({ id }) => outcomes.get(id) === "failed");
    wallet.closing.set(key, { card, state: failed ? "failed" : "done" });
    setTimeout(() => forget(wallet, key), STAYS);
  }
  wallet.changed();
}
