// The one ledger that this wallet belongs to: pinned with the first link, compared with every code after that.

import { b64u, unb64u } from "../verify/bytes.js";
import { openGenesis } from "../verify/genesis.js";

/** The pinned genesis, or null when nothing is linked yet. */
export async function pinnedGenesis(database) {
  const kept = await database.get("facts", "ledger");
  return kept === null ? null : openGenesis(unb64u(kept.value));
}

export const pin = (database, genesis) => database.put("facts", { name: "ledger", value: b64u(genesis.bytes) });

/** The genesis that the wallet's own origin serves, checked; null when it does not hold or cannot be had. */
export async function servedGenesis(read = fetch) {
  const answer = await read("/genesis.json", { cache: "no-cache" });
  return answer.ok ? openGenesis(new Uint8Array(await answer.arrayBuffer())) : null;
}

/** Whether the 16 bytes of a code are the first half of this ledger's id. */
export const sameLedger = (genesis, prefixHex) => prefixHex === null || genesis.id.startsWith(prefixHex);
