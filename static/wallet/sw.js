// Offline start: the program text of the wallet, and nothing else, from a fixed list of paths.
// Network first for all of it, two seconds at most, so that a release is never mixed with an older one. Answers of
// institutions, records and codes never enter a cache: what is not on the list is not touched here at all.

const CACHE = "yaoshi-shell-1";
const PATIENCE = 2_000;
const SHELL = [
  "/",
  "/manifest.webmanifest",
  "/shared/api.js",
  "/shared/base.css",
  "/shared/camera.css",
  "/shared/camera.js",
  "/shared/catalogue/en.js",
  "/shared/catalogue/zh-CN.js",
  "/shared/chart.js",
  "/shared/chart/points.js",
  "/shared/chart/scales.js",
  "/shared/chart/series.js",
  "/shared/chart/spark.js",
  "/shared/dates.js",
  "/shared/digits.js",
  "/shared/dom.js",
  "/shared/focus.js",
  "/shared/i18n.js",
  "/shared/icons.js",
  "/shared/key.svg",
  "/shared/marks.js",
  "/shared/parts/chart.css",
  "/shared/parts/controls.css",
  "/shared/parts/surfaces.css",
  "/shared/parts/tables.css",
  "/shared/redraw.js",
  "/shared/terms.js",
  "/shared/terms/laboratory.js",
  "/shared/tokens.css",
  "/shared/visible.js",
  "/wallet/app.js",
  "/wallet/cards.css",
  "/wallet/catalogue/emergency.js",
  "/wallet/catalogue/en.js",
  "/wallet/catalogue/offer.js",
  "/wallet/catalogue/orders.js",
  "/wallet/catalogue/zh-CN.js",
  "/wallet/elder.css",
  "/wallet/emergency.css",
  "/wallet/flow/ask.js",
  "/wallet/flow/choice.js",
  "/wallet/flow/claim.js",
  "/wallet/flow/closing.js",
  "/wallet/flow/code.js",
  "/wallet/flow/compose.js",
  "/wallet/flow/link.js",
  "/wallet/flow/object.js",
  "/wallet/flow/offer.js",
  "/wallet/flow/rekey.js",
  "/wallet/flow/revoke.js",
  "/wallet/flow/stopping.js",
  "/wallet/flow/wait.js",
  "/wallet/fragment.js",
  "/wallet/frame.css",
  "/wallet/icon.svg",
  "/wallet/model/dates.js",
  "/wallet/model/doors.js",
  "/wallet/model/glasses.js",
  "/wallet/model/qr.js",
  "/wallet/model/scope.js",
  "/wallet/model/series.js",
  "/wallet/model/visits.js",
  "/wallet/net/anywhere.js",
  "/wallet/net/changes.js",
  "/wallet/net/institution.js",
  "/wallet/net/sessions.js",
  "/wallet/offer.css",
  "/wallet/parts/alarm_card.js",
  "/wallet/parts/check_row.js",
  "/wallet/parts/countdown.js",
  "/wallet/parts/decisions.js",
  "/wallet/parts/door_card.js",
  "/wallet/parts/emergency.js",
  "/wallet/parts/emergency_card.js",
  "/wallet/parts/glass_lines.js",
  "/wallet/parts/notes.js",
  "/wallet/parts/plate.js",
  "/wallet/parts/qr_picture.js",
  "/wallet/parts/screen.js",
  "/wallet/parts/shield.js",
  "/wallet/parts/tabs.js",
  "/wallet/parts/thread.js",
  "/wallet/parts/viewfinder.js",
  "/wallet/parts/wake.js",
  "/wallet/parts/words.js",
  "/wallet/screens/ask.js",
  "/wallet/screens/blocked.js",
  "/wallet/screens/choose.js",
  "/wallet/screens/claim.js",
  "/wallet/screens/code.js",
  "/wallet/screens/elder.js",
  "/wallet/screens/emergency.js",
  "/wallet/screens/from.js",
  "/wallet/screens/gap.js",
  "/wallet/screens/given.js",
  "/wallet/screens/home.js",
  "/wallet/screens/link.js",
  "/wallet/screens/objection.js",
  "/wallet/screens/offer.js",
  "/wallet/screens/pick.js",
  "/wallet/screens/rekey.js",
  "/wallet/screens/results.js",
  "/wallet/screens/scan.js",
  "/wallet/screens/series.js",
  "/wallet/screens/settings.js",
  "/wallet/screens/show.js",
  "/wallet/screens/start.js",
  "/wallet/screens/until.js",
  "/wallet/screens/who.js",
  "/wallet/state/preferences.js",
  "/wallet/state/views.js",
  "/wallet/store/database.js",
  "/wallet/store/directory.js",
  "/wallet/store/keys.js",
  "/wallet/store/pin.js",
  "/wallet/store/sealed.js",
  "/wallet/store/self_test.js",
  "/wallet/store/worker.js",
  "/wallet/thread.css",
  "/wallet/verify/alarm.js",
  "/wallet/verify/batch.js",
  "/wallet/verify/bytes.js",
  "/wallet/verify/chain.js",
  "/wallet/verify/checkpoint.js",
  "/wallet/verify/commitment.js",
  "/wallet/verify/digits.js",
  "/wallet/verify/emergency.js",
  "/wallet/verify/genesis.js",
  "/wallet/verify/governing.js",
  "/wallet/verify/head.js",
  "/wallet/verify/jws.js",
  "/wallet/verify/link_rules.js",
  "/wallet/verify/merkle.js",
  "/wallet/verify/note.js",
  "/wallet/verify/permits.js",
  "/wallet/verify/receipt.js",
  "/wallet/verify/record.js",
  "/wallet/verify/registry.js",
  "/wallet/verify/request.js",
  "/wallet/verify/strict_json.js",
  "/wallet/verify/timeline.js",
  "/wallet/verify/waiting.js",
  "/wallet/wallet.js",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(
    names.filter((name) => name !== CACHE).map((name) => caches.delete(name)),
  )));
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  const path = pathname === "/q" ? "/" : pathname;
  if (method === "GET" && origin === self.location.origin && SHELL.includes(path)) event.respondWith(shell(path));
});

/** The newest text from the server; the kept one when it does not answer in time. */
async function shell(path) {
  const cache = await caches.open(CACHE);
  const fresh = fetch(path, { cache: "no-cache" }).then(async (answer) => {
    if (answer.ok) await cache.put(path, answer.clone());
    return answer;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE)).then(() => cache.match(path));
  const first = await Promise.race([fresh.catch(() => null), late]);
  return first ?? (await cache.match(path)) ?? fresh;
}
