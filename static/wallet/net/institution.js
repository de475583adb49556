// One institution's doors for phones: the paths and bodies of its wallet API, nothing else.
// Other origin, no cookies; a token is passed in by who holds it and kept nowhere.

import { api } from "../../shared/api.js";

/** An answer that takes longer is an outage, ms. */
const PATIENCE = 20_000;

/** `institution`: as the genesis or the directory names it ({id, base, …}). */
export function doorsOf(institution) {
  const call = (method, path, body, token) => (
    api(method, `${institution.base}/wallet/${path}`, body, { token, signal: AbortSignal.timeout(PATIENCE) })
  );
  const post = (path, body, token) => call("POST", path, body, token);
  const get = (path, token) => call("GET", path, undefined, token);
  const reference = (code, action = "") => `references/${encodeURIComponent(code)}${action}`;
  return {
    claim: (code, key) => post(reference(code), { key }),
    prove: (code, key, proof) => post(reference(code, "/proof"), { key, proof }),
    state: (code, key) => post(reference(code, "/state"), { key }),
    stop: (code, key) => post(reference(code, "/stop"), { key }),
    hand: (code, key, grants) => post(reference(code, "/grants"), { key, grants }),
    offer: (token) => post("offers", {}, token),
    offerState: (token, code) => get(`offers/${encodeURIComponent(code)}`, token),
    extendOffer: (token, code) => post(`offers/${encodeURIComponent(code)}/extend`, {}, token),
    stopOffer: (token, code) => post(`offers/${encodeURIComponent(code)}/stop`, {}, token),
    scan: (token, picture) => post("scans", picture, token),
    nonce: (link) => post("nonce", { link }),
    signIn: (login) => post("sessions", { login }),
    timeline: (token, kept) => post("timeline", { kept }, token),
    records: (token, kinds) => post("records", kinds ? { kinds } : {}, token),
    enter: (entry, opening) => post("entries", opening ? { entry, opening } : { entry }),
    object: (token, glass, text) => post("objections", { glass, text }, token),
    eventsUrl: `${institution.base}/wallet/events`,
    changesUrl: `${institution.base}/wallet/changes`,
  };
}
