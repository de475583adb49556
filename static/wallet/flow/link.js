// Connecting this phone: same digits said, the new key's proof handed over, staff confirm, and the receipt holds.

import { composeProof } from "./compose.js";
import { waitFor } from "./wait.js";
import { bindToLink, forgetKey } from "../store/keys.js";
import { pin } from "../store/pin.js";
import { openReceipt } from "../verify/receipt.js";
import { addLink } from "../wallet.js";

/** The person said "same digits": hand over the proof. */
export async function sayingSame(wallet, claimed) {
  const { genesis, institution, doors, reference, key, kid, answer } = claimed;
  const proof = await composeProof({ database: wallet.database, kid }, {
    ledger: genesis.id, subject: answer.link.subject, institution: institution.id,
  });
  await doors.prove(reference, key, proof);
}

export async function sayingDifferent(wallet, { doors, reference, key, kid }) {
  await doors.stop(reference, key);
  await forgetKey(wallet.database, kid);
}

/** Wait for staff; gives "connected", "stopped", "expired", "doubtful" (the receipt does not hold) or null (left). */
export async function waitForStaff(wallet, claimed, signal) {
  const { doors, reference, key } = claimed;
  const final = new Set(["confirmed", "stopped", "expired"]);
  const answer = await waitFor({
    ask: () => doors.state(reference, key), done: ({ state }) => final.has(state), signal,
  });
  if (answer === null || answer.state !== "confirmed") return answer?.state ?? null;
  if (!(await holds(claimed, answer.receipt))) return "doubtful";
  await keep(wallet, claimed, answer.person?.name ?? null);
  return "connected";
}

async function holds({ genesis, institution, key, answer }, receipt) {
  const opened = await openReceipt(receipt, genesis);
  if (opened === null) return false;
  const { payload } = opened.entry;
  const ours = payload.key === key && payload.subject === answer.link.subject;
  if (payload.kind === "link.open") return ours && payload.institution === institution.id;
  return ours && payload.kind === "link.keys";
}

async function keep(wallet, { genesis, institution, kid, answer }, person) {
  if (wallet.genesis === null) {
    await pin(wallet.database, genesis);
    wallet.genesis = genesis;
  }
  await bindToLink(wallet.database, kid);
  await navigator.storage?.persist?.();
  await addLink(wallet, {
    subject: answer.link.subject, institution: institution.id, kid, person, linkedAt: wallet.clock(), seenSeq: 0,
  });
}
