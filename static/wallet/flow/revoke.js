// Taking back: one tap, no question. Done is said only when the receipt holds; without a connection the signed entry
// waits on this phone and goes out first when there is one.

import { composeRevoke } from "./compose.js";
import { openReceipt } from "../verify/receipt.js";

/** Grants [{id, link, custodian}]; gives "done" (every receipt holds), "unsent" (some wait) or "failed". */
export async function revokeGrants(wallet, grants) {
  const outcomes = await Promise.all(grants.map((grant) => revokeOne(wallet, grant)));
  await Promise.all(wallet.links.filter((link) => grants.some((grant) => grant.link === link.subject))
    .map((link) => wallet.views.refresh(link)));
  if (outcomes.includes("failed")) return "failed";
  return outcomes.includes("unsent") ? "unsent" : "done";
}

async function revokeOne(wallet, grant) {
  const link = wallet.links.find((each) => each.subject === grant.link);
  const at = await wallet.sessions.of(link).then((session) => session.now()).catch(() => wallet.clock());
  const about = { ledger: wallet.genesis.id, subject: link.subject, at };
  const entry = await composeRevoke({ database: wallet.database, kid: link.kid }, about, grant.id);
  const unsent = { grant: grant.id, link: link.subject, custodian: grant.custodian, entry, prepared: wallet.clock() };
  await wallet.database.put("unsent", unsent);
  return send(wallet, unsent);
}

async function send(wallet, unsent) {
  try {
    const answer = await wallet.doors(unsent.custodian).enter(unsent.entry);
    const opened = await openReceipt(answer.receipt, wallet.genesis);
    if (opened?.entry.payload.grant !== unsent.grant || opened.entry.payload.kind !== "grant.revoke") return "failed";
    await wallet.database.drop("unsent", unsent.grant);
    return "done";
  } catch (problem) {
    const answered = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
    if (!answered) return "unsent";
    await wallet.database.drop("unsent", unsent.grant);
    return problem.code === "grant-revoked" ? "done" : "failed";
  }
}

/** Everything that waits goes out now; gives what became of each: grant -> "done", "unsent" or "failed". */
export async function sendUnsent(wallet) {
  const waiting = await wallet.database.all("unsent");
  const outcomes = await Promise.all(waiting.map((unsent) => send(wallet, unsent)));
  wallet.unsent = waiting.filter((_, place) => outcomes[place] === "unsent");
  return new Map(waiting.map(({ grant }, place) => [grant, outcomes[place]]));
}
