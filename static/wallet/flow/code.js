// The code on somebody's screen: scanned text or typed characters, read by one exact grammar.
// <our origin>/q#<22 characters: 16 bytes of the ledger id>.<2: institution>.<8 Crockford base32: reference>, or the last
// two parts typed by hand. Anything else is only text: it is shown, never opened.

import { b64u, hex, unb64u, unhex } from "../verify/bytes.js";

const CODE = /^([A-Za-z0-9_-]{22})\.([0-9A-HJKMNP-TV-Z]{2})\.([0-9A-HJKMNP-TV-Z]{8})$/;
const TYPED = /^([0-9A-HJKMNP-TV-Z]{2})([0-9A-HJKMNP-TV-Z]{8})$/;

/** {ledgerPrefix (hex), code, reference} of a fragment without its #, or null. */
export function parseFragment(fragment) {
  const found = CODE.exec(fragment);
  if (found === null) return null;
  try {
    return { ledgerPrefix: hex(unb64u(found[1], 16)), code: found[2], reference: found[3] };
  } catch {
    return null;
  }
}

/** The path that leads this wallet to a code, as parseFragment reads it; `genesis`: of whose ledger the code is. */
export const addressOf = ({ code, reference }, genesis) => `/q#${b64u(unhex(genesis.id).slice(0, 16))}.${code}.${reference}`;

/** The same of scanned text, which must be an address of this wallet. */
export function parseScanned(text, origin) {
  const prefix = `${origin}/q#`;
  return text.startsWith(prefix) ? parseFragment(text.slice(prefix.length)) : null;
}

/** What was typed: case folded, O read as 0, I and L as 1, spaces and hyphens dropped. */
export function parseTyped(text) {
  const plain = text.normalize("NFKC").toUpperCase().replace(/[\s\-\u2010-\u2015]/g, "");
  const folded = plain.replace(/O/g, "0").replace(/[IL]/g, "1");
  const found = TYPED.exec(folded);
  return found === null ? null : { ledgerPrefix: null, code: found[1], reference: found[2] };
}
