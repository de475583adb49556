// Who is signed in, in memory only: the session itself is a cookie that no script can read.

import { server } from "./server.js";

let current = null;

/** {staff, institution, expires, fresh} or null. */
export const session = () => current;

/** Asks whether a session is open; null when none is. */
export async function resumeSession() {
  current = await server.session();
  return current;
}

export async function signIn(institution, user, password) {
  current = await server.signIn(institution, user, password);
  return current;
}

/** Ends the session here at once, and on the server. */
export async function endSession() {
  current = null;
  await server.signOut();
}

export const forgetSession = () => {
  current = null;
};
