// The only ways in which this page makes elements: text goes in as text, whatever is in it.

const SVG = "http://www.w3.org/2000/svg";

// Characters that can't be seen, or that turn the text around them about.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

/** The text with what can't be seen written out, as \u{202e}. */
export function shown(text) {
  return String(text).replace(UNSEEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** An element with a class and children: elements, or text. */
export function element(name, classes = "", ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children);
  return made;
}

/** Text from outside, kept to itself whatever direction it is written in. */
export function foreign(name, classes, text) {
  const made = element("bdi", "", shown(text));
  return name === "bdi" ? made : element(name, classes, made);
}

export function svg(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Sets a text unless it is so already: readers of screens speak of changes. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Makes the list hold one element for each item, in order, and keeps those that are there: one
 * that is moved would lose the focus.
 */
export function keep(list, items, key, make, update) {
  const wanted = new Set(items.map(key));
  for (const child of [...list.children]) if (!wanted.has(child.dataset.key)) child.remove();
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const child = known.get(name) ?? make(item);
    child.dataset.key = name;
    update(child, item);
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }
}
