// This is wrong: a person's words about an emergency go to the custodian's privacy officer. Never onto the ledger.

import { changeLink } from "../wallet.js";

/** The longest text, in characters. */
export const LONGEST = 2_000;

/** Sends it and remembers on this phone that it was sent; raises ApiProblem when it was not. */
export async function sendObjection(wallet, glass, text) {
  const link = wallet.links.find((each) => each.subject === glass.link);
  await wallet.sessions.during(link, ({ token }) => wallet.doors(glass.custodian).object(token, glass.id, text));
  await changeLink(wallet, link.subject, { objected: { ...link.objected, [glass.id]: wallet.clock() } });
  wallet.changed();
}
