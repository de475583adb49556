// The screen stays on while somebody else has to scan it (Screen Wake Lock API); a comfort where the browser has it.

/** Until `signal` is aborted; a page that comes back to sight asks again, for hiding it let the lock go. */
export function keepAwake(signal) {
  if (!navigator.wakeLock) return;
  let lock = null;
  const ask = async () => {
    if (document.visibilityState !== "visible" || signal.aborted) return;
    lock = await navigator.wakeLock.request("screen").catch(() => null);
    if (signal.aborted) lock?.release();
  };
  document.addEventListener("visibilitychange", ask, { signal });
  signal.addEventListener("abort", () => lock?.release());
  ask();
}
