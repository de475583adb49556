// An earlier phone answers the desk's new key: this was me, or this was not me.

import { composeConfirm, composeContest } from "./compose.js";
import { openReceipt } from "../verify/receipt.js";

/** `answer`: "confirm" | "contest"; gives true once the receipt holds. */
export async function answerRekey(wallet, link, rekey, answer) {
  const session = await wallet.sessions.of(link);
  const compose = answer === "confirm" ? composeConfirm : composeContest;
  const signer = { database: wallet.database, kid: link.kid };
  const entry = await compose(signer, { ledger: wallet.genesis.id, subject: link.subject, at: session.now() }, rekey);
  const done = await wallet.doors(link.institution).enter(entry);
  const opened = await openReceipt(done.receipt, wallet.genesis);
  await wallet.views.refresh(link);
  return opened?.entry.payload.entry === rekey;
}
