// Somebody else's text, shown so that it cannot pretend to be something else.
// Signs that cannot be seen (controls, marks of direction, zero width: Unicode general categories Cc, Cf, Co, Cn, Zl, Zp)
// stand there by their number; the rest is cut at a length that a person reads.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
const byNumber = (sign) => `⟨${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;

/** {text, more}: at most `longest` characters, and how many were left out. */
export function visible(text, longest = 300) {
  const signs = [...text];
  return { text: signs.slice(0, longest).join("").replace(UNSEEN, byNumber), more: Math.max(0, signs.length - longest) };
}
