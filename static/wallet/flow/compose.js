// Everything that this wallet ever signs, composed here and nowhere else.
// Entries, sign-ins and proofs of possession; never bytes that somebody else put together. Times are the institution's
// (learned at sign-in), rounded down to ten seconds, so that they tell nothing of the phone's clock.

import { commit } from "../verify/commitment.js";
import { b64u, canonicalJson } from "../verify/bytes.js";
import { signPayload } from "../store/keys.js";

const TEN_SECONDS = 10_000;
export const roundedDown = (ms) => ms - (ms % TEN_SECONDS);

/** `signer`: {database, kid}; `about`: {ledger, subject, at}. */
const entry = (signer, { ledger, subject, at }, kind, members) => signPayload(
  signer.database, signer.kid, "yaoshi-entry", { ledger, subject, kind, at: roundedDown(at), ...members },
);

/** Allow: gives {entry, opening}; the terms stay behind a fresh commitment. */
export async function composeGrant(signer, about, terms, notAfter) {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const details = canonicalJson(terms);
  const commitment = await commit(salt, details);
  return {
    entry: await entry(signer, about, "grant.give", { commitment, not_after: notAfter }),
    opening: { salt: b64u(salt), details },
  };
}

export const composeRevoke = (signer, about, grant) => entry(signer, about, "grant.revoke", { grant });
export const composeStop = (signer, about, glass) => entry(signer, about, "glass.closed", { glass });
export const composeConfirm = (signer, about, rekey) => entry(signer, about, "link.confirm", { entry: rekey });
export const composeContest = (signer, about, rekey) => entry(signer, about, "link.contest", { entry: rekey });

export const composeProof = (signer, { ledger, subject, institution }) => signPayload(
  signer.database, signer.kid, "yaoshi-proof", { ledger, subject, institution },
);

export const composeLogin = (signer, { ledger, institution, subject, nonce, at }) => signPayload(
  signer.database, signer.kid, "yaoshi-login",
  { ledger, aud: institution, link: subject, nonce, at: roundedDown(at) },
);
