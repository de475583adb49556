// Runs the wallet's own checks, over HTTP, on links, receipts and blocks of hospitals, one of which joined after the
// genesis that this phone has pinned. TOLD says which; prints what was found.

import { createConfirming } from "../../../static/wallet/state/confirming.js";
import { refreshDirectory } from "../../../static/wallet/store/directory.js";
import { doorsOf } from "../../../static/wallet/net/institution.js";
import { unb64u } from "../../../static/wallet/verify/bytes.js";
import { openCheckpoint } from "../../../static/wallet/verify/checkpoint.js";
import { openGenesis } from "../../../static/wallet/verify/genesis.js";
import { openReceipt } from "../../../static/wallet/verify/receipt.js";
import { checkTimeline } from "../../../static/wallet/verify/timeline.js";

const told = JSON.parse(process.env.TOLD);
const facts = new Map();
const database = {
  get: async (_, name) => facts.get(name) ?? null,
  put: async (_, value) => void facts.set(value.name, structuredClone(value)),
  drop: async (_, name) => void facts.delete(name),
};
const genesis = await openGenesis(unb64u(told.genesis));
const named = [...genesis.institutions.values()].map(({ code }) => code);
await refreshDirectory(database, genesis, async () => Response.json(told.registry));

const confirming = createConfirming({ database, genesis: () => genesis, clock: Date.now });
const words = (alarms) => alarms.map(({ code, facts: { fault = "" } }) => (fault ? `${code} ${fault}` : code));
const links = [];
let registry = null;
for (const { token, ...link } of told.links) {
  const block = await confirming.newest(link);
  const served = await doorsOf(genesis.institutions.get(link.institution)).timeline(token, null);
  const result = await checkTimeline(served, { genesis, ...link, kept: null, now: Date.now() });
  const { alarms } = await confirming.check(link, block, result);
  links.push({ alarms: words([...result.alarms, ...alarms]), kinds: result.entries.map(({ kind }) => kind) });
  registry = result.registry;
}

const receipts = [];
for (const receipt of told.receipts) {
  const opened = await openReceipt(receipt, genesis);
  if (opened === null) throw new Error("a receipt does not hold");
  const [link] = told.links.filter(({ subject }) => subject === opened.entry.payload.subject);
  const checkpoint = await openCheckpoint(receipt.checkpoint, genesis);
  const { alarms } = await confirming.check(link, await confirming.newest(link), { checkpoint, registry });
  receipts.push(words(alarms));
}
console.log(JSON.stringify({ named, links, receipts, trusted: facts.get("trusted")?.value.size ?? 0 }));
