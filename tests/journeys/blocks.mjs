// Runs the wallet's own check of what the validators signed against the hospitals that TOLD names; prints the alarms.

import { createConfirming } from "../../static/wallet/state/confirming.js";
import { unb64u } from "../../static/wallet/verify/bytes.js";
import { openCheckpoint } from "../../static/wallet/verify/checkpoint.js";
import { openGenesis } from "../../static/wallet/verify/genesis.js";
import { firstKeys } from "../../static/wallet/verify/light_chain.js";

const told = JSON.parse(process.env.TOLD);
const genesis = await openGenesis(unb64u(told.genesis));
genesis.institutions = new Map(told.nodes.map((node, place) => [place, { base: `${node}/i/${"ab".repeat(16)}` }]));
const facts = new Map();
const database = {
  get: async (_, name) => facts.get(name) ?? null,
  put: async (_, value) => void facts.set(value.name, structuredClone(value)),
  drop: async (_, name) => void facts.delete(name),
};
const confirming = createConfirming({ database, genesis: () => genesis, clock: Date.now });
const found = [];
for (const [place, node] of told.nodes.entries()) {
  const link = { subject: `${place}`, institution: place };
  const served = await confirming.newest(link);
  const note = await (await fetch(`${node}/ledger/checkpoint`)).text();
  const checkpoint = await openCheckpoint(note, genesis);
  const { alarms } = await confirming.check(link, served, { checkpoint, registry: { consensusAt: () => firstKeys(genesis) } });
  if (facts.get("trusted") === undefined) throw new Error("nothing is trusted");
  found.push(alarms.map(({ code, facts: { fault = "" } }) => (fault ? `${code} ${fault}` : code)));
}
console.log(JSON.stringify(found));
