// Taking back a grant, or stopping an emergency: one tap, no question. Done is said only when the receipt holds; without
// a connection the signed entry waits on this phone and goes out first when there is one. While the hospitals do not agree
// one of them keeps it: "queued" at the custodian, where it counts from then on, or "passed-on" by another one.

import { composeRevoke, composeStop } from "./compose.js";
import { elsewhere, enterAnywhere } from "../net/anywhere.js";
import { openReceipt } from "../verify/receipt.js";

/** kind -> how it is composed, the member that names what ends, the refusal that says that it had ended before. */
const ENDINGS = {
  "grant.revoke": { compose: composeRevoke, member: "grant", before: "grant-revoked" },
  "glass.closed": { compose: composeStop, member: "glass", before: "glass-closed" },
};

/** What is not on the ledger yet: the phone goes on handing it in. The worst first. */
export const WAITING = ["unsent", "passed-on", "queued"];

/** What became of one that waits on this phone; an earlier release wrote down only those that never went out. */
export const waitingState = ({ state }) => state ?? "unsent";

/** Grants [{id, link, custodian}]; gives "done" (every receipt holds), one of WAITING (some wait) or "failed". */
export async function revokeGrants(wallet, grants) {
  const outcomes = await endAll(wallet, grants, "grant.revoke");
  return ["failed", ...WAITING].find((outcome) => outcomes.includes(outcome)) ?? "done";
}

/** One emergency {id, link, custodian}; also "before": the institution says that it had ended, which the log must show. */
export const closeGlass = (wallet, glass) => endAll(wallet, [glass], "glass.closed").then(([outcome]) => outcome);

async function endAll(wallet, grants, kind) {
  const outcomes = await Promise.all(grants.map((grant) => endOne(wallet, grant, kind)));
  await Promise.all(wallet.links.filter((link) => grants.some((grant) => grant.link === link.subject))
    .map((link) => wallet.views.refresh(link)));
  return outcomes;
}

async function endOne(wallet, grant, kind) {
  const link = wallet.links.find((each) => each.subject === grant.link);
  const at = await wallet.sessions.of(link).then((session) => session.now()).catch(() => wallet.clock());
  const about = { ledger: wallet.genesis.id, subject: link.subject, at };
  const entry = await ENDINGS[kind].compose({ database: wallet.database, kid: link.kid }, about, grant.id);
  const unsent = {
    grant: grant.id, kind, link: link.subject, custodian: grant.custodian, entry, prepared: wallet.clock(),
  };
  await wallet.database.put("unsent", unsent);
  return send(wallet, unsent);
}

async function send(wallet, unsent) {
  // What an earlier release of this program left waiting names no kind: it knew only one.
  const { kind = "grant.revoke", grant } = unsent;
  const { member, before } = ENDINGS[kind];
  try {
    const { custodian } = unsent;
    const others = elsewhere(institutionsOf(wallet, unsent.link), custodian);
    const answer = await enterAnywhere(unsent.entry, { custodian, others, doors: wallet.doors });
    if (answer.receipt === null) return await keep(wallet, unsent, answer.honoured === true ? "queued" : "passed-on");
    const opened = await openReceipt(answer.receipt, wallet.genesis);
    if (opened?.entry.payload[member] !== grant || opened.entry.payload.kind !== kind) return "failed";
    await wallet.database.drop("unsent", grant);
    return "done";
  } catch (problem) {
    const answered = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
    if (!answered) return waitingState(unsent);
    await wallet.database.drop("unsent", grant);
    return problem.code === before ? "before" : "failed";
  }
}

async function keep(wallet, unsent, state) {
  const kept = { ...unsent, state };
  await wallet.database.put("unsent", kept);
  wallet.unsent = [...wallet.unsent.filter(({ grant }) => grant !== unsent.grant), kept];
  return state;
}

/** The registry as it was checked last, else as the genesis has it. */
const institutionsOf = ({ views, genesis }, link) => (
  views.of(link)?.registry?.institutions ?? [...genesis.institutions.values()]
);

/** Everything that waits goes out now; gives what became of each: id -> "done", "before", "failed" or one of WAITING. */
export async function sendUnsent(wallet) {
  const waiting = await wallet.database.all("unsent");
  const outcomes = await Promise.all(waiting.map((unsent) => send(wallet, unsent)));
  wallet.unsent = waiting.map((unsent, place) => ({ ...unsent, state: outcomes[place] }))
    .filter(({ state }) => WAITING.includes(state));
  return new Map(waiting.map(({ grant }, place) => [grant, outcomes[place]]));
}
