// The patient starts: a code for one doctor, the request that comes back, and from there the asking flow as always.
// docs/formats/offer.md. What the patient wants to give never leaves the phone before the digits were compared. A request
// counts when the registry, as an institution other than the asking one shows it, knows its key, when it names this very
// offer, and when the asking institution gives out the same bytes under its own reference.

import { openAsk } from "./ask.js";
import { claim } from "./claim.js";
import { addressOf } from "./code.js";
import { refreshDirectory } from "../store/directory.js";
import { parseCompact } from "../verify/jws.js";

const EVERY = 2_000;

/** {link, reference, code, text, expires, now()} of a new offer at the first institution that makes one; or {problem}. */
export async function makeOffer(wallet) {
  let problem = "cannot-offer";
  for (const link of wallet.links) {
    try {
      const made = await wallet.sessions.during(link, ({ token }) => wallet.doors(link.institution).offer(token));
      const { now } = await wallet.sessions.of(link);
      return { link, reference: made.reference, code: made.code, text: codeText(wallet, link, made), expires: made.expires, now };
    } catch ({ status }) {
      // An outage is told rather than a refusal: trying again may help.
      if (!(status >= 400 && status < 500)) problem = "no-connection";
    }
  }
  return { problem };
}

/** What the QR code says: composed here, from what this phone has pinned. */
function codeText({ genesis, institution }, link, { reference }) {
  return `${genesis.document.wallet}${addressOf({ code: institution(link.institution).code, reference }, genesis)}`;
}

const during = (wallet, { link }, use) => (
  wallet.sessions.during(link, ({ token }) => use(wallet.doors(link.institution), token))
);

/** Ten more minutes; gives the new end in ms. Throws the refusal when there are no more. */
export const extendOffer = (wallet, offer) => (
  during(wallet, offer, (doors, token) => doors.extendOffer(token, offer.reference)).then(({ expires }) => expires)
);

/** Nobody can take it any more; what was put in is gone at the institution. */
export const endOffer = (wallet, offer) => (
  during(wallet, offer, (doors, token) => doors.stopOffer(token, offer.reference)).catch(() => null)
);

/** Waits until the offer is no longer waiting: {state, claim}; null once `signal` is aborted. */
export async function waitForClaim(wallet, offer, signal) {
  while (!signal.aborted) {
    const answer = await during(wallet, offer, (doors, token) => doors.offerState(token, offer.reference))
      .catch(({ status }) => (status === 404 ? { state: "expired", claim: null } : null));
    if (signal.aborted) return null;
    if (answer !== null && answer.state !== "waiting") return answer;
    await somethingHappened(wallet);
  }
  return null;
}

/** The institution's "changed" makes the wallet draw anew; without it the question is put again every two seconds. */
function somethingHappened(wallet) {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(go, EVERY);
    const stopListening = wallet.on(go);
  });
}

/** {claimed, ask, choice, offered} for the asking screens, or {problem}; the offer is over either way. */
export async function takeClaim(wallet, offer, handed) {
  try {
    const taken = await judged(wallet, offer, handed);
    if (taken.problem && taken.claimed) await taken.claimed.doors.stop(taken.claimed.reference, taken.claimed.key).catch(() => null);
    return taken.problem ? { problem: taken.problem } : taken;
  } finally {
    await endOffer(wallet, offer);
  }
}

async function judged(wallet, offer, { institution, request }) {
  if (wallet.institution(institution) === null) await refreshDirectory(wallet.database, wallet.genesis);
  const place = wallet.institution(institution);
  const reference = await referenceIn(request);
  if (place === null || reference === null) return { problem: "unverified" };
  const own = { institution: offer.link.institution, reference: offer.reference };
  const ask = await openAsk(wallet, { institution: place, genesis: wallet.genesis, reference, answer: { request } }, own);
  if (ask.problem) return { problem: ask.problem === "expired" ? "gone" : ask.problem };
  const claimed = await claim(wallet, { ledgerPrefix: null, code: place.code, reference });
  if (claimed.problem) return { problem: claimed.problem === "unknown-code" ? "gone" : claimed.problem };
  if (claimed.answer.type !== "ask" || claimed.answer.request !== request) return { problem: "changed", claimed };
  return { claimed, ask, choice: null, offered: true };
}

/** The reference that the request names, before anything in it is believed. */
async function referenceIn(request) {
  try {
    const { payload } = await parseCompact(request, "yaoshi-request");
    return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(payload.reference) ? payload.reference : null;
  } catch {
    return null;
  }
}
