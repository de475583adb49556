// Who can see the records now: open grants, told from the checked entries of each link.
// One request gives one card, however many institutions it reaches; a card is open while one of its grants is.

/** Grants of one checked link: [{id, link, custodian, terms, given, notBefore, notAfter, seq, ended}]. */
export function grantsOf(view, link) {
  const grants = new Map();
  for (const entry of view.entries) {
    if (entry.state === "unproven") continue;
    const { kind, payload } = entry;
    if (kind === "grant.give") {
      grants.set(entry.id, {
        id: entry.id, link: link.subject, custodian: link.institution, terms: entry.details, given: entry.time,
        notBefore: payload.not_before ?? payload.at, notAfter: payload.not_after, seq: entry.seq, ended: null,
      });
    } else if (kind === "grant.revoke" && grants.has(payload.grant)) {
      end(grants.get(payload.grant), "revoked", entry.time);
    } else if ((kind === "link.keys" && entry.byDesk) || kind === "link.close") {
      for (const grant of grants.values()) end(grant, kind === "link.close" ? "closed" : "rekeyed", entry.time);
    }
  }
  return [...grants.values()];
}

function end(grant, how, time) {
  grant.ended ??= { how, time };
}

export const isOpen = (grant, now) => grant.ended === null && now < grant.notAfter;

/** Cards for the home screen, soonest end last: [{request, grantee, clinician, grants, given, notBefore, notAfter}]. */
export function openDoors(grants, now) {
  const cards = new Map();
  for (const grant of grants.filter((each) => isOpen(each, now))) {
    const key = grant.terms ? `${grant.terms.request}/${grant.notAfter}` : grant.id;
    const card = cards.get(key) ?? {
      key, request: grant.terms?.request ?? null, grantee: grant.terms?.grantee ?? null,
      clinician: grant.terms?.clinician ?? null, grants: [], given: grant.given, notBefore: grant.notBefore,
      notAfter: grant.notAfter,
    };
    card.grants.push(grant);
    card.given = Math.min(card.given, grant.given);
    cards.set(key, card);
  }
  return [...cards.values()].sort((a, b) => b.notAfter - a.notAfter);
}

/** All that a card opens, in one: kinds, earliest first day, single ones, sensitive. */
export function sumOfScopes(grants) {
  const scopes = grants.map((grant) => grant.terms?.scope).filter(Boolean);
  const froms = scopes.filter((scope) => scope.kinds.length > 0).map((scope) => scope.from ?? null);
  return {
    kinds: [...new Set(scopes.flatMap((scope) => scope.kinds))].sort(),
    from: froms.includes(null) ? null : [...froms].sort()[0] ?? null,
    singles: scopes.reduce((sum, scope) => sum + (scope.records?.length ?? 0), 0),
    sensitive: scopes.some((scope) => (scope.sensitive ?? []).length > 0),
  };
}
