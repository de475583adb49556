// The wallet put together: store, sessions, views and what screens ask of them. Made once, at the edge (app.js).

import { refreshDirectory } from "./store/directory.js";
import { pinnedGenesis } from "./store/pin.js";
import { unseal } from "./store/sealed.js";
import { createSessions } from "./net/sessions.js";
import { followChanges } from "./net/changes.js";
import { doorsOf } from "./net/institution.js";
import { watchPolicy } from "./net/policy.js";
import { createViews } from "./state/views.js";
import { grantsOf, openDoors } from "./model/doors.js";
import { glassesOf, isRunning, pressing } from "./model/glasses.js";
import { acrossLinks, linesOf, unseen } from "./model/visits.js";
import { withSource } from "./model/series.js";
import { settleSent } from "./flow/closing.js";
import { sendUnsent } from "./flow/revoke.js";
import { settleStopped } from "./flow/stopping.js";

/** `clock()` gives ms; gives the wallet that every screen is handed. */
export async function createWallet({ database, clock }) {
  const listeners = new Set();
  const changed = () => listeners.forEach((listener) => listener());
  const wallet = {
    database, clock, changed, genesis: await pinnedGenesis(database), links: await database.all("links"),
    items: new Map(), requests: new Map(), closing: new Map(), stopping: new Map(),
    follows: new Map(),
    unsent: await database.all("unsent"), shouted: new Set(), flow: null,
    elder: (await database.get("facts", "elder"))?.value === true, policy: watchPolicy(clock),
  };
  wallet.sessions = createSessions({ database, genesis: () => wallet.genesis, clock });
  wallet.views = createViews({ database, sessions: wallet.sessions, genesis: () => wallet.genesis, clock, changed });
  wallet.channel = new BroadcastChannel("yaoshi-wallet");
  wallet.channel.onmessage = () => reload(wallet);

  wallet.on = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  wallet.institution = (id) => wallet.genesis?.institutions.get(id) ?? null;
  wallet.doors = (id) => doorsOf(wallet.institution(id));
  wallet.person = () => wallet.links.find((link) => link.person)?.person ?? null;
  wallet.grants = () => wallet.links.flatMap((link) => {
    const view = wallet.views.of(link.subject);
    return view?.data ? grantsOf(view.data, link) : [];
  });
  wallet.glasses = () => wallet.links.flatMap((link) => {
    const view = wallet.views.of(link.subject);
    return view?.data ? glassesOf(view.data, link) : [];
  });
  wallet.runningGlasses = () => wallet.glasses().filter((glass) => isRunning(glass, clock()));
  wallet.pressingGlasses = () => pressing(wallet.glasses(), seenGlasses(wallet), clock());
  wallet.openDoors = () => openDoors(wallet.grants(), clock());
  wallet.lines = () => acrossLinks(wallet.links.flatMap((link) => {
    const view = wallet.views.of(link.subject);
    return view?.data ? linesOf(view.data, link, link.seenSeq) : [];
  }), requestBehind(wallet.grants()));
  wallet.unseen = () => unseen(wallet.lines());
  return wallet;
}

/** {emergency's id: steps of it that were shown on its screen}, of all links. */
export const seenGlasses = ({ links }) => Object.assign({}, ...links.map((link) => link.glassSteps ?? {}));

/** The request that a line's grant answered. */
function requestBehind(grants) {
  const requests = new Map(grants.map((grant) => [grant.id, grant.terms?.request ?? null]));
  return ({ entries: [entry] }) => requests.get(entry.payload.under ?? entry.payload.grant ?? entry.id) ?? null;
}

/** Read what was kept from last time. */
export async function restoreWallet(wallet) {
  await Promise.all(wallet.links.map((link) => wallet.views.restore(link)));
  for (const { name } of await wallet.database.all("sealed")) {
    if (name.startsWith("request/")) wallet.requests.set(name.slice(8), await unseal(wallet.database, name));
  }
}

/** Check every link and follow its changes. */
export async function startWallet(wallet) {
  wallet.links.forEach((link) => follow(wallet, link));
  if (wallet.genesis !== null) refreshDirectory(wallet.database, wallet.genesis).then(wallet.changed);
  await refreshAll(wallet);
}

export async function refreshAll(wallet) {
  settle(wallet, await sendUnsent(wallet));
  await Promise.all(wallet.links.map((link) => wallet.views.refresh(link)));
}

function settle(wallet, outcomes) {
  settleStopped(wallet, outcomes);
  settleSent(wallet, outcomes);
}

export function follow(wallet, link) {
  if (wallet.follows.has(link.subject)) return;
  wallet.follows.set(link.subject, followChanges({
    doors: wallet.doors(link.institution),
    session: () => wallet.sessions.of(link),
    told: () => told(wallet, link),
    answered: () => reachable(wallet, link),
  }));
}

/** Something changed at an institution: the hospitals may agree again, and what waits be recorded. */
async function told(wallet, link) {
  if (wallet.unsent.length > 0) settle(wallet, await sendUnsent(wallet));
  await wallet.views.refresh(link);
}

/** The institution answers (again): what waited goes out before anything is read. */
async function reachable(wallet, link) {
  const outcomes = await sendUnsent(wallet);
  settle(wallet, outcomes);
  if (outcomes.size > 0 || wallet.views.of(link.subject)?.status === "offline") await wallet.views.refresh(link);
}

/** Keep a new link, tell other tabs, check it. */
export async function addLink(wallet, link) {
  await wallet.database.put("links", link);
  wallet.links = [...wallet.links.filter((each) => each.subject !== link.subject), link];
  wallet.channel.postMessage("changed");
  wallet.sessions.forget(link.subject);
  await wallet.views.restore(link);
  follow(wallet, link);
  await wallet.views.refresh(link);
}

export async function changeLink(wallet, subject, change) {
  const link = wallet.links.find((each) => each.subject === subject);
  const next = { ...link, ...change };
  await wallet.database.put("links", next);
  wallet.links = wallet.links.map((each) => (each.subject === subject ? next : each));
}

/** Own records of every link, kept in memory only; a reading is itself written down at each institution. */
export async function loadRecords(wallet) {
  const readable = wallet.links.filter((link) => wallet.views.of(link.subject)?.data?.reading !== "until-removed");
  const results = await Promise.allSettled(readable.map(async (link) => {
    const answer = await wallet.sessions.during(link, ({ token }) => wallet.doors(link.institution).records(token));
    wallet.items.set(link.subject, withSource(answer.items, link.institution));
  }));
  const failed = readable.filter((_, place) => results[place].status === "rejected");
  wallet.changed();
  return failed;
}

async function reload(wallet) {
  wallet.genesis ??= await pinnedGenesis(wallet.database);
  wallet.links = await wallet.database.all("links");
  for (const link of wallet.links) {
    if (wallet.views.of(link.subject) === null) await wallet.views.restore(link);
    follow(wallet, link);
  }
  wallet.changed();
  await Promise.all(wallet.links.map((link) => wallet.views.refresh(link)));
}
