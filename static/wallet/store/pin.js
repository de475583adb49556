// The one ledger that this wallet belongs to: pinned with the first link, compared with every code after that.

import { b64u, unb64u } from "../verify/bytes.js";
import { openGenesis } from "../verify/genesis.js";
import { addKeptDirectory } from "./directory.js";

/** The pinned genesis with what is kept of who joined later, or null when nothing is linked yet. */
export async function pinnedGenesis(database) {
  const kept = await database.get("facts", "ledger");
  const genesis = kept === null ? null : await openGenesis(unb64u(kept.value));
  if (genesis !== null) await addKeptDirectory(database, genesis);
  return genesis;
}

export const pin = (database, genesis) => database.put("facts", { name: "ledger", value: b64u(genesis.bytes) });

/** The genesis that the wallet's own origin serves, checked; null when it does not hold or cannot be had. */
export async function servedGenesis(read = fetch) {
  const answer = await read("/genesis.json", { cache: "no-cache" });
  return answer.ok ? openGenesis(new Uint8Array(await answer.arrayBuffer())) : null;
}

/** Whether the 16 bytes of a code are the first half of this ledger's id. */
export const sameLedger = (genesis, prefixHex) => prefixHex === null || genesis.id.startsWith(prefixHex);
