// Whom this page may connect to was said when it was loaded (Content-Security-Policy level 3, connect-src): an
// institution that joined or moved since is out of its reach until it is loaded anew. That happens at most once a minute,
// so that a policy which stays too old ends in a plain "cannot be reached". Not here: what the policy says
// (gateway/web/headers.py, from the ledger's registry).

const PAUSE = 60_000;
const NAME = "yaoshi-loaded-anew";

/** {isOutdated(), loadAnew(address)}; `clock()` gives ms. */
export function watchPolicy(clock, { page = globalThis, kept = globalThis.sessionStorage } = {}) {
  let refused = false;
  page.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
    refused ||= effectiveDirective === "connect-src";
  });
  return {
    isOutdated: () => refused && clock() - Number(kept.getItem(NAME) ?? 0) > PAUSE,
    loadAnew: (address) => {
      kept.setItem(NAME, String(clock()));
      page.location.assign(address);
    },
  };
}
