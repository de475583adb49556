// What a release on a link may stand under: a grant of the patient's, or an emergency that was declared.
// Mirrors the contract: after its beginning, before its end, not ended. The contract refuses everything else, so a release
// outside of this shows that whoever keeps the ledger let a breach pass: the phone says so, whoever signed it.
// An emergency that was recorded late runs by its own time, and only its first hour may be told of late.

export const LATE_GLASS = 60 * 60_000;

/** {from, until} of a glass.broken recorded at `time`: by its record, or when that is late by its own time. */
export function spanOf({ at, ttl_ms: ttl }, time, late) {
  return { from: late ? at : time, until: late ? at + Math.min(ttl, LATE_GLASS) : time + ttl };
}

/** {id -> {emergency, from, until, ended}}; times in ms, `from` of a grant null when it held at once. */
export const noPermits = () => new Map();

/** Grants end together: the desk changed the phone, or a contested change was undone. Emergencies do not. */
function endGrants(permits) {
  for (const permit of permits.values()) if (!permit.emergency) permit.ended = true;
}

function end(permits, id) {
  const permit = permits.get(id);
  if (permit !== undefined) permit.ended = true;
}

const CHANGES = {
  "grant.give": (link, { id, payload }) => {
    const { not_before: from = null, not_after: until } = payload;
    link.permits.set(id, { emergency: false, from, until, ended: false });
  },
  "grant.revoke": (link, { payload }) => end(link.permits, payload.grant),
  "glass.broken": (link, { id, payload }, record, limits) => {
    const counted = { ...payload, ttl_ms: Math.min(payload.ttl_ms, limits.glass_ttl_max_ms) };
    const late = record.time - payload.at > limits.skew_ms;
    link.permits.set(id, { emergency: true, ...spanOf(counted, record.time, late), ended: false });
  },
  "glass.closed": (link, { payload }) => end(link.permits, payload.glass),
  "link.keys": (link, entry) => {
    if (entry.byDesk && link.claimed) endGrants(link.permits);
  },
  "link.settle": (link, { payload }) => {
    if (link.pending !== null && !payload.stay.includes(link.pending.kid)) endGrants(link.permits);
  },
};

/** Apply one entry whose signer was found right; before the link's own change, which forgets what it was. */
export const applyToPermits = (link, entry, record, limits) => CHANGES[entry.payload.kind]?.(link, entry, record, limits);

/** Whether a disclosure.made stands under something that was in force at its own time and at the ledger's. */
export function permits(link, { payload: { under, at } }, record, { skew_ms: skew }) {
  const permit = link.permits.get(under);
  if (permit === undefined || permit.ended || link.closed) return false;
  const { emergency, from, until } = permit;
  const onTime = Math.max(at, record.time) < until;
  if (!emergency) return onTime && (from === null || at >= from);
  return onTime || (at >= from - skew && at < Math.min(until, from + LATE_GLASS));
}
