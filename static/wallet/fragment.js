// What stands behind # is a secret of ten minutes: it leaves the address bar before anything else is loaded or done.

export const fragment = location.hash.slice(1);

if (fragment !== "") history.replaceState(null, "", "/");
