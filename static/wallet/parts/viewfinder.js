// Who finds the code in the wallet's camera: the browser, else an institution where this phone is connected, else nobody.
// Frames go by CORS with the phone's token, are read in memory there and not kept. An institution sees what is in a code
// that it reads: right for one-time codes, and for nothing else that a phone may hold.

import { nativeFinder, postedFinder } from "../../shared/camera.js";

/** A finder for shared/camera.js; null where only the phone's own camera or typing helps. */
export async function walletFinder(wallet) {
  const own = await nativeFinder();
  if (own !== null || wallet.links.length === 0) return own;
  let reader = 0; // the one that answered last is asked first
  return postedFinder(async (frame) => {
    for (let tries = 1; ; tries += 1) {
      const link = wallet.links[reader % wallet.links.length];
      try {
        return await wallet.sessions.during(link, ({ token }) => wallet.doors(link.institution).scan(token, frame));
      } catch (problem) {
        reader += 1;
        if (tries === wallet.links.length) throw problem;
      }
    }
  });
}
