// Signing in at an institution with the link's key: five minutes at a time, token in memory only.

import { composeLogin } from "../flow/compose.js";
import { doorsOf } from "./institution.js";

const EARLY = 20_000; // ms before its end a token is no longer used

/** {of(link) -> {token, reading, person, time()}, forget(subject)}: one session a link, shared by who asks at once. */
export function createSessions({ database, genesis, clock }) {
  const held = new Map();

  async function open(link) {
    const institution = genesis().institutions.get(link.institution);
    const doors = doorsOf(institution);
    const { nonce, time } = await doors.nonce(link.subject);
    const login = await composeLogin({ database, kid: link.kid }, {
      ledger: genesis().id, institution: link.institution, subject: link.subject, nonce, at: time,
    });
    const answer = await doors.signIn(login);
    const offset = answer.time - clock();
    return {
      token: answer.token, reading: answer.reading, person: answer.person ?? null,
      until: answer.expires - offset - EARLY, now: () => clock() + offset,
    };
  }

  function of(link) {
    const current = held.get(link.subject);
    if (current && (current.session === null || current.session.until > clock())) return current.promise;
    const fresh = { session: null, promise: null };
    fresh.promise = open(link).then((session) => {
      fresh.session = session;
      return session;
    }).catch((problem) => {
      if (held.get(link.subject) === fresh) held.delete(link.subject);
      throw problem;
    });
    held.set(link.subject, fresh);
    return fresh.promise;
  }

  return {
    of,
    forget: (subject) => held.delete(subject),
    /** Run with a session; a token that ended early is replaced once. */
    async during(link, use) {
      try {
        return await use(await of(link));
      } catch (problem) {
        if (problem.status !== 401) throw problem;
        held.delete(link.subject);
        return use(await of(link));
      }
    },
  };
}
