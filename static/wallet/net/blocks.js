// One node's open doors for those who check what the validators signed. Nothing that it answers is believed here.

import { api } from "../../shared/api.js";

/** An answer that takes longer is an outage, ms. */
const PATIENCE = 10_000;

/** The address of the node that serves an institution: its own without the institution. */
export const nodeOf = ({ base }) => base.replace(/\/i\/[0-9a-f]{32}$/, "");

/** {newest(), at(height), consistency(old, new)} of a node. */
export function blocksOf(node) {
  const get = (path) => api("GET", `${node}/ledger/${path}`, undefined, { signal: AbortSignal.timeout(PATIENCE) });
  return {
    newest: () => get("light"),
    at: (height) => get(`light/${height}`),
    consistency: async (older, newer) => (await get(`consistency/${older}/${newer}`)).consistency,
  };
}
