// First step behind every code: whose is it, and fetch what it stands for with a fresh key.
// The first key owns the reference; a reload of this page tries again with the same one. Digits are computed here, from
// what this phone knows, never received.

import { refreshDirectory } from "../store/directory.js";
import { keyForReference } from "../store/keys.js";
import { sameLedger, servedGenesis } from "../store/pin.js";
import { threeDigits } from "../verify/digits.js";
import { institutionByCode } from "../verify/genesis.js";
import { unb64u, unhex } from "../verify/bytes.js";
import { doorsOf } from "../net/institution.js";

/** What stopped a step, as a word that the catalogues know: refusals are values. */
export const stopped = (problem) => ({ problem });

/**
 * {institution, doors, reference, key, kid, digits, answer, genesis}, or {problem: "other-ledger" | "unknown-place" |
 * "unknown-code" | "no-connection" | "not-now" | "bad-genesis"}, with the genesis where an institution did not answer.
 */
export async function claim(wallet, { ledgerPrefix, code, reference }) {
  let genesis = wallet.genesis;
  try {
    genesis ??= await servedGenesis();
  } catch {
    return stopped("no-connection");
  }
  if (genesis === null) return stopped("bad-genesis");
  if (!sameLedger(genesis, ledgerPrefix)) return stopped("other-ledger");
  const answered = institutionByCode(genesis, code) !== null || await refreshDirectory(wallet.database, genesis);
  const institution = institutionByCode(genesis, code);
  if (institution === null) return stopped(answered ? "unknown-place" : "no-connection");
  const { kid, key } = await keyForReference(wallet.database, `${code}${reference}`, wallet.clock());
  const doors = doorsOf(institution);
  try {
    const answer = await doors.claim(reference, key);
    const digits = await threeDigits(unhex(genesis.id), unhex(institution.id), reference, unb64u(key, 32));
    return { genesis, institution, doors, reference, key, kid, digits, answer };
  } catch (problem) {
    if (!problem.status) return { ...stopped("no-connection"), genesis };
    return stopped(problem.status === 404 ? "unknown-code" : "not-now");
  }
}
