// Which page the address names: #/page/id/id. Ids are opaque; nothing that says anything about a person.

const OPAQUE = /^[A-Za-z0-9._-]{1,64}$/;

/** {page, ids} of the present address; page "" when there is none. */
export function route(hash = location.hash) {
  const [page = "", ...ids] = hash.replace(/^#\/?/, "").split("/");
  return { page, ids: ids.filter((id) => OPAQUE.test(id)) };
}

export const addressOf = (page, ...ids) => `#/${[page, ...ids].join("/")}`;

/** Goes to a page. */
export function go(page, ...ids) {
  location.hash = addressOf(page, ...ids);
}

/** Goes there without leaving a step to come back to. */
export function goInstead(page, ...ids) {
  history.replaceState(null, "", addressOf(page, ...ids));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
