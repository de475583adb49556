// Builds nodes without markup text, so that nothing a server or a person wrote can become markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * A node: `h("p", {class: "meta", onClick: fn, "aria-label": "…"}, "text", node, [more], null)`.
 * Properties: class; on<Event>: listener; value, checked, disabled, hidden as properties; anything else an attribute
 * (true gives an empty one, null and false leave it out).
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Puts these children in place of whatever is inside the element. */
export function replace(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  element.append(...flat(children));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (/^on[A-Z]/.test(name)) element.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === "value" || name === "checked") element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
