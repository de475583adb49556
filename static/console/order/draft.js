// What a clinician is about to order for one patient, in memory only; gone with the patient.

let held = null;

/** The draft of this patient: {id, setting, urgent, items, chosen}; an item is {key, group, code, situation, order}. */
export function draftOf(id) {
  if (held?.id !== id) held = { id, setting: "outpatient", urgent: false, items: [], chosen: null };
  return held;
}

export function forgetOrders() {
  held = null;
}

export const keyOf = ({ group, code }) => `${group} ${code ?? ""}`;

/** Adds a test once, and chooses it. */
export function addItem(draft, group, code) {
  const key = keyOf({ group, code });
  if (!draft.items.some((item) => item.key === key)) {
    draft.items = [...draft.items, { key, group, code, situation: null, order: null }];
  }
  draft.chosen = key;
}

export function removeItem(draft, key) {
  draft.items = draft.items.filter((item) => item.key !== key);
  if (draft.chosen === key) draft.chosen = draft.items[0]?.key ?? null;
}

/** Takes up what was decided of late, once each: the newest decision about a test counts. */
export function takeDecided(draft, orders) {
  for (const order of orders) {
    const key = keyOf(order);
    const item = draft.items.find((one) => one.key === key);
    if (item) item.order = order;
    else draft.items = [...draft.items, { key, group: order.group, code: order.code, situation: order.situation, order }];
  }
  draft.chosen ??= draft.items[0]?.key ?? null;
}

/** Whether nothing has to be compared any more. */
export const isDecided = ({ order }) => order !== null && !["offered", "undone"].includes(order.state);
