// The service worker's registration, through the one Trusted Types policy of this page, for the one script it may be.

const PATH = "/sw.js";

function scriptAddress() {
  if (!globalThis.trustedTypes) return PATH;
  const policy = trustedTypes.createPolicy("yaoshi", {
    createScriptURL: (address) => {
      if (address !== PATH) throw new TypeError("not a script of this wallet");
      return address;
    },
  });
  return policy.createScriptURL(PATH);
}

/** Offline start is a comfort: where the worker cannot be had, the wallet works without it. */
export function registerWorker() {
  navigator.serviceWorker?.register(scriptAddress(), { scope: "/", updateViaCache: "none" }).catch(() => null);
}
