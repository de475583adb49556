// What the patient has chosen to give so far: where from, what, until when. Starts as exactly what was asked, nothing more.

import { firstDay, spanNamed } from "../model/dates.js";
import { askedScope, familyOf, offered, scopeFor } from "../model/scope.js";

export function firstChoice(ask) {
  return {
    custodians: ask.custodians.map((link) => link.subject), notAfter: ask.request.not_after,
    kinds: new Set(ask.request.kinds), from: ask.request.from ?? null, ticked: null,
  };
}

export const chosenLinks = (ask, choice) => ask.custodians.filter((link) => choice.custodians.includes(link.subject));

/** Items of the chosen institutions that can be ticked in the chosen span. */
export function tickable(wallet, ask, choice) {
  return chosenLinks(ask, choice).flatMap((link) => offered(wallet.items.get(link.subject) ?? [], choice.from)
    .map((item) => ({ ...item, id: `${link.subject}/${item.ref}` })));
}

/** First ticks, once records are there: every item of the asked kinds that is not sensitive. */
export function tickAsked(wallet, ask, choice) {
  choice.ticked ??= new Set(tickable(wallet, ask, choice)
    .filter((item) => choice.kinds.has(item.kind) && familyOf(item) === null).map((item) => item.id));
}

export function setSpan(wallet, ask, choice, span) {
  choice.from = firstDay(span, wallet.clock());
  const items = tickable(wallet, ask, choice);
  const whole = items.filter((item) => choice.kinds.has(item.kind) && familyOf(item) === null).map((item) => item.id);
  const singles = items.filter((item) => choice.ticked.has(item.id)).map((item) => item.id);
  choice.ticked = new Set([...whole, ...singles]);
}

/** Take records of one institution too, or no longer; whole kinds count for it as for the others. */
export function setCustodian(wallet, ask, choice, subject, on) {
  choice.custodians = on ? [...choice.custodians, subject] : choice.custodians.filter((each) => each !== subject);
  if (!on || choice.ticked === null) return;
  tickable(wallet, ask, choice)
    .filter((item) => item.id.startsWith(`${subject}/`) && choice.kinds.has(item.kind) && familyOf(item) === null)
    .forEach((item) => choice.ticked.add(item.id));
}

export const spanOfChoice = (wallet, choice) => spanNamed(choice.from, wallet.clock());

/** Tick or untick a whole kind (or a sensitive family): `items` are its rows now. */
export function setGroup(choice, items, on, kind = null) {
  for (const item of items) choice.ticked[on ? "add" : "delete"](item.id);
  if (kind !== null) choice.kinds[on ? "add" : "delete"](kind);
}

/** Tick one: a kind is whole again only when it is ticked as a whole. */
export function setOne(choice, item, on) {
  choice.ticked[on ? "add" : "delete"](item.id);
  if (!on && familyOf(item) === null) choice.kinds.delete(item.kind);
}

/** [{link, scope}] to sign, or {problem: "nothing" | "too-many"}. */
export function partsOf(wallet, ask, choice) {
  const links = chosenLinks(ask, choice);
  const parts = links.map((link) => ({ link, scope: scopeOf(wallet, ask, choice, link) })).filter(({ scope }) => scope !== null);
  if (parts.some(({ scope }) => scope.tooMany)) return { problem: "too-many" };
  return parts.length === 0 ? { problem: "nothing" } : parts;
}

function scopeOf(wallet, ask, choice, link) {
  if (choice.ticked === null) return askedScope({ kinds: [...choice.kinds], from: choice.from });
  const prefix = `${link.subject}/`;
  const ticked = new Set([...choice.ticked].filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length)));
  return scopeFor({ items: wallet.items.get(link.subject) ?? [], ticked, kinds: [...choice.kinds], from: choice.from });
}

/** What the summary says of the choice. */
export function summaryOf(wallet, ask, choice) {
  const parts = partsOf(wallet, ask, choice);
  if (parts.problem) return { kinds: [], from: null, singles: 0, sensitive: false };
  return {
    kinds: [...new Set(parts.flatMap(({ scope }) => scope.kinds))].sort(),
    from: parts.find(({ scope }) => scope.from)?.scope.from ?? null,
    singles: parts.reduce((sum, { scope }) => sum + (scope.records?.length ?? 0), 0),
    sensitive: parts.some(({ scope }) => scope.sensitive),
  };
}
