// Builds page elements from names, properties and children; text always goes in as text.
// Invariant: no HTML is ever parsed here, so nothing that a record contains can become markup or script.

/**
 * An element. `props`: `class`, `onClick` and other listeners, `attrs` {name: value}, and any attribute by its own
 * name; null, undefined and false leave an attribute out, true writes it empty. Children: nodes, strings, numbers,
 * arrays of these, null.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) put(element, name, value);
  element.append(...nodes(children));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...nodes(children));
  return element;
}

/** Puts these children in place of all that `element` held. */
export function replace(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

// Setting these as attributes would only set the initial state, not what the person sees.
const LIVE = new Set(["value", "checked", "selected", "indeterminate"]);

function put(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "attrs") {
    for (const [inner, given] of Object.entries(value)) put(element, inner, given);
  } else if (typeof value === "function") {
    element.addEventListener(name.slice(2).toLowerCase(), value);
  } else if (LIVE.has(name)) {
    element[name] = value;
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

const nodes = (children) =>
  children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "object" ? child : String(child)));
