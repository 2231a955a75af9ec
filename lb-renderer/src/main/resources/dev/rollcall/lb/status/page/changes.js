// The time line: who joined and left, and how HAProxy was brought to it.

import { element, foreign, keep, say, shown } from "./dom.js";
import { clock, duration } from "./words.js";

const KINDS = {
  joined: ["good", "+", "joined"],
  left: ["", "−", "left"],
  "left-out": ["warn", "!", "left out of"],
  changed: ["good", "✓", "Changed at run time"],
  reloaded: ["good", "↻", "Reloaded"],
  written: ["good", "✓", "File written"],
  waiting: ["warn", "…", "Waiting for HAProxy"],
  rejected: ["bad", "×", "Rejected"],
  failed: ["bad", "×", "Failed"],
  "service-added": ["good", "+", "new service"],
  "service-removed": ["", "−", "service gone"],
  "routes-changed": ["", "→", "routes changed"],
  "route-refused": ["warn", "!", "route refused to"],
  template: ["", "≡", "Template"],
};

const OF_SERVICE = new Set(["service-added", "service-removed", "routes-changed", "route-refused"]);

function named(change) {
  const words = [];
  change.instances.forEach((id, i) => words.push(i > 0 ? ", " : "", foreign("b", "", id)));
  const more = change.count - change.instances.length;
  if (more > 0) words.push(` and ${more.toLocaleString("en")} more`);
  return words;
}

function sentence(change) {
  const verb = KINDS[change.kind]?.[2] ?? shown(change.kind);
  if (OF_SERVICE.has(change.kind)) {
    const about = [`${verb} `, foreign("bdi", "", change.service)];
    if (change.reason) about.push(foreign("span", "why", change.reason));
    return about;
  }
  if (change.service !== null) return [...named(change), ` ${verb} `, foreign("bdi", "", change.service)];
  const words = [verb];
  if (change.count > 1) words.push(`, ${change.count.toLocaleString("en")} times`);
  if (change.reason) words.push(foreign("span", "why", change.reason));
  return words;
}

/** The time from the change to its being in use says most; else how long the work took. */
function took(change) {
  const seconds = change.secondsSinceChange ?? change.seconds;
  return seconds === null ? "" : duration(seconds);
}

function make(change) {
  const [mood, sign] = KINDS[change.kind] ?? ["", "·"];
  const mark = element("span", "sign", sign);
  mark.setAttribute("aria-hidden", "true");
  const item = element("li", mood, element("time"), mark, element("span", "what"), element("span", "took"));
  item.querySelector(".took").title =
    change.secondsSinceChange === null ? "how long it took" : "from the change to its being in use";
  return item;
}

function update(item, change) {
  const told = `${change.at} ${change.count}`;
  if (item.dataset.told === told) return;
  item.dataset.told = told;
  const time = item.querySelector("time");
  time.dateTime = change.at;
  say(time, clock(change.at));
  item.querySelector(".what").replaceChildren(...sentence(change));
  say(item.querySelector(".took"), took(change));
}

/** Draws the last changes, the newest first. */
export function draw(list, quiet, changes) {
  quiet.hidden = changes.length > 0;
  keep(list, [...changes].reverse(), (change) => String(change.number), make, update);
}
