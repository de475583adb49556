// Which screen is shown, and the way back: one element at a time, names in the browser's history, never secrets.

import "./start.js";
import "./home.js";
import "./elder.js";
import "./scan.js";
import "./offer.js";
import "./code.js";
import "./claim.js";
import "./link.js";
import "./ask.js";
import "./choose.js";
import "./pick.js";
import "./from.js";
import "./until.js";
import "./given.js";
import "./results.js";
import "./series.js";
import "./who.js";
import "./gap.js";
import "./emergency.js";
import "./objection.js";
import "./rekey.js";
import "./settings.js";
import { isRunning } from "../model/glasses.js";
import { refreshAll, seenGlasses } from "../wallet.js";

const MINUTE = 60_000;
const CALM = new Set(["home", "elder", "who", "results", "settings"]);
const LOUD = new Set([
  "signature", "counterfeit", "forked", "rewritten", "unproven", "missing", "gap", "reordered", "altered", "foreign", "unpermitted",
]);
// An emergency waits only while digits are compared or a choice is being made; it comes right after.
const BEFORE_ALL = new Set([...CALM, "series", "gap", "rekey", "start"]);

/** Show the first screen and follow the person; `code`: what the address held; `foreign`: it held something else. */
export function showScreens(wallet, { code, foreign }) {
  const present = { name: null, params: {} };

  function show(name, params) {
    present.name = name;
    present.params = params;
    const screen = document.createElement(`y-${name}`);
    screen.className = "screen";
    screen.given = { wallet, go, back: () => history.back(), params };
    document.body.replaceChildren(screen);
    scrollTo(0, 0);
    screen.querySelector("h1")?.setAttribute("tabindex", "-1");
    screen.querySelector("h1")?.focus({ preventScroll: true });
  }

  function go(name, params = {}, { replace = false } = {}) {
    if (CALM.has(name) && wallet.policy.isOutdated()) {
      wallet.policy.loadAnew("/");
      return;
    }
    const state = { name, params: name === "claim" ? {} : params };
    if (replace) history.replaceState(state, "", "/");
    else history.pushState(state, "", "/");
    show(name, params);
    shout();
  }

  /** What must be seen first takes the screen, unless something stands there that must not be left half-way. */
  function shout() {
    const glass = BEFORE_ALL.has(present.name) ? firstEmergency(wallet) : null;
    const first = glass ?? (CALM.has(present.name) ? firstShout(wallet) : null);
    if (first) go(first.name, first.params);
  }

  const first = () => (wallet.links.length > 0 ? "home" : "start");
  addEventListener("popstate", ({ state }) => {
    const name = state?.name && state.name !== "claim" ? state.name : first();
    show(name, state?.params ?? {});
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refreshAll(wallet);
  });
  addEventListener("online", () => refreshAll(wallet));
  setInterval(() => {
    if (document.visibilityState === "visible") wallet.changed();
  }, MINUTE / 2);
  wallet.on(shout);

  if (code) go("claim", { code }, { replace: true });
  else if (foreign) go("claim", { code: null }, { replace: true });
  else go(first(), {}, { replace: true });
}

/** An emergency not shown yet, a running one first; what ended before this phone was connected waits as a card. */
function firstEmergency(wallet) {
  const seen = seenGlasses(wallet);
  const news = (glass) => !glass.earlier || isRunning(glass, wallet.clock());
  const fresh = ({ id }) => !(id in seen) && !wallet.shouted.has(`glass/${id}`);
  const glass = wallet.pressingGlasses().filter(news).find(fresh);
  if (!glass) return null;
  wallet.shouted.add(`glass/${glass.id}`);
  return { name: "emergency", params: { glass: glass.id } };
}

/** What is shown full screen at first sight: a broken record, or a change of phones to answer. */
function firstShout(wallet) {
  for (const link of wallet.links) {
    const data = wallet.views.of(link.subject)?.data;
    const alarm = data?.alarms.find(({ code }) => LOUD.has(code) && !wallet.shouted.has(`${link.subject}/${code}`));
    if (alarm) {
      wallet.shouted.add(`${link.subject}/${alarm.code}`);
      return { name: "gap", params: { subject: link.subject, code: alarm.code } };
    }
    const own = data?.keys?.find((key) => key.kid === link.kid);
    const replaced = own?.status === "earlier" && !link.answered && !wallet.shouted.has(`${link.subject}/rekey`);
    if (replaced) {
      wallet.shouted.add(`${link.subject}/rekey`);
      return { name: "rekey", params: { subject: link.subject } };
    }
  }
  return null;
}
