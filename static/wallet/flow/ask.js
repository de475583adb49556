// A doctor asks: verify who, compose one grant for each institution that holds records, hand the receipts over, follow.
// Who asks is judged by the registry as *another* institution showed it. Grants go straight to the custodians; the asking
// institution gets their ids and receipts only. Stopped or expired before the doctor confirmed: taken back by itself.

import { composeGrant, roundedDown } from "./compose.js";
import { revokeGrants } from "./revoke.js";
import { waitFor } from "./wait.js";
import { seal } from "../store/sealed.js";
import { openReceipt } from "../verify/receipt.js";
import { standing } from "../verify/link_rules.js";
import { openRequest } from "../verify/request.js";

/** Whether this phone may give on the link now, as far as it knows. */
function canGive(wallet, link) {
  const data = wallet.views.of(link.subject)?.data;
  const own = data?.keys.find((key) => key.kid === link.kid);
  if (!own) return true;
  return standing(own, wallet.clock()) === "full" && own.rights.includes("give") && !data.contested && !data.closed;
}

/**
 * {request, id, custodians} or {problem: "unverified" | "expired" | "nobody-vouches" | "cannot-give"}. `offer`: the
 * {institution, reference} that this phone offered, when the request answers that.
 */
export async function openAsk(wallet, claimed, offer = null) {
  const elsewhere = wallet.links.filter((link) => link.institution !== claimed.institution.id);
  if (elsewhere.length === 0) return { problem: "nobody-vouches" };
  const vouches = ({ subject }) => {
    const view = wallet.views.of(subject);
    return view?.registry && view.status === "checked";
  };
  // One that is being checked just now is waited for, rather than passed over.
  await Promise.all(elsewhere.filter((link) => !vouches(link)).map((link) => wallet.views.refresh(link)));
  const witness = elsewhere.find(vouches);
  if (!witness) return { problem: "nobody-vouches" };
  const session = await wallet.sessions.of(witness);
  const judged = () => openRequest(claimed.answer.request, {
    key: wallet.views.of(witness.subject).registry?.keyAt(claimed.institution.id, "peer", Number.MAX_SAFE_INTEGER) ?? null,
    ledger: claimed.genesis.id, institution: claimed.institution.id, reference: claimed.reference, now: session.now(), offer,
  });
  let opened = await judged();
  if (opened.problem === "unverified") {
    // Who joined, or changed this key, after the witness was read is known to it by now.
    await wallet.views.refresh(witness);
    opened = await judged();
  }
  if (opened.problem) return opened;
  const custodians = elsewhere.filter((link) => canGive(wallet, link));
  return custodians.length === 0 ? { problem: "cannot-give" } : { ...opened, custodians };
}

export const refuseAsk = ({ doors, reference, key }) => doors.stop(reference, key);

function termsOf(ask, scope) {
  const { clinician, institution, purpose } = ask.request;
  const { id, name, role } = clinician;
  return { grantee: institution, clinician: { id, name, role }, role: null, purpose, scope, request: ask.id };
}

/**
 * Give: `parts` [{link, scope}], `notAfter` ms. Gives {given: [{link, grant, receipt, opening}], failed: [link]};
 * a grant counts only when its receipt holds.
 */
export async function give(wallet, ask, parts, notAfter) {
  const { reason, clinician } = ask.request;
  const remembered = { reason, department: clinician.department ?? null };
  await seal(wallet.database, `request/${ask.id}`, remembered);
  wallet.requests.set(ask.id, remembered);
  const given = [];
  const failed = [];
  await Promise.all(parts.map(async (part) => {
    const grant = await giveOne(wallet, ask, part, notAfter).catch(() => null);
    if (grant === null) failed.push(part.link);
    else given.push(grant);
  }));
  return { given, failed };
}

async function giveOne(wallet, ask, part, notAfter) {
  const { link, scope } = part;
  const session = await wallet.sessions.of(link);
  const signer = { database: wallet.database, kid: link.kid };
  const about = { ledger: wallet.genesis.id, subject: link.subject, at: session.now() };
  // Sent again it is the same entry, which counts once even where the first sending arrives late.
  part.composed ??= await composeGrant(signer, about, termsOf(ask, scope), roundedDown(notAfter));
  const { entry, opening } = part.composed;
  const answer = await wallet.doors(link.institution).enter(entry, opening);
  const opened = await openReceipt(answer.receipt, wallet.genesis);
  if (opened === null || opened.entry.payload.subject !== link.subject || opened.entry.id !== answer.entry_id) return null;
  return { link, grant: opened.entry.id, receipt: answer.receipt, opening };
}

export function handOver(claimed, given) {
  return claimed.doors.hand(claimed.reference, claimed.key, given.map(({ link, grant, receipt, opening }) => (
    { custodian: link.institution, grant, receipt, opening }
  )));
}

/** Follow until the doctor confirmed: "accepted"; "stopped" or "expired" after everything was taken back; null: left. */
export async function waitForDoctor(wallet, claimed, given, signal) {
  const final = new Set(["accepted", "stopped", "expired"]);
  const answer = await waitFor({
    ask: () => claimed.doors.state(claimed.reference, claimed.key), done: ({ state }) => final.has(state), signal,
  });
  if (answer === null || answer.state === "accepted") return answer?.state ?? null;
  await revokeGrants(wallet, given.map(({ link, grant }) => ({ id: grant, link: link.subject, custodian: link.institution })));
  return answer.state;
}
