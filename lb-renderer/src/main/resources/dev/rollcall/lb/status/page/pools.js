// The pools: a tile for each instance, with what HAProxy says of it.

import { element, foreign, keep, say, shown, svg } from "./dom.js";
import { count, duration } from "./words.js";
import { open, refresh } from "./details.js";

const SAMPLES = 60;
const GONE_FOR = 6000;
const FRESH_FOR = 4000;

const by = new Intl.Collator("en", { numeric: true });
const tiles = new Map();
let first = true;

/** Both sides of the match in one spelling: Consul may write an IPv6 address in another. */
function endpoint(text) {
  try {
    return text.includes("[") ? new URL(`http://${text}/`).host : text;
  } catch {
    return text;
  }
}

function endpointOf(instance) {
  const host = instance.address.includes(":") ? `[${instance.address}]` : instance.address;
  return endpoint(`${host}:${instance.port}`);
}

/** HAProxy's servers by endpoint, with what was ordered of each; one instance may be in several backends. */
function byEndpoint(servers, orders) {
  const map = new Map();
  const ordered = new Map(orders.map((order) => [order.server, order]));
  for (const server of servers) {
    const at = endpoint(server.endpoint);
    map.set(at, [...(map.get(at) ?? []), { ...server, ordered: ordered.get(`${server.backend}/${server.name}`) }]);
  }
  return map;
}

const sum = (servers, what) => servers.reduce((total, server) => total + server[what], 0);

const SERVING = /^(UP|no check|OPEN)/;

/** What to think of an instance: a mood, and a word for it. */
function verdict(instance, servers, told) {
  if (instance.refused !== null) return ["warn", `left out: ${shown(instance.refused)}`];
  if (!told) return ["good", "in the configuration"];
  if (servers.length === 0) return ["off", "not in HAProxy yet"];
  const worst = servers.find((server) => !SERVING.test(server.state)) ?? servers[0];
  const ordered = servers.find((server) => server.ordered)?.ordered;
  const byHand = ordered ? ` · ${ordered.order} by hand for ${duration(ordered.ageSeconds)}` : "";
  const state = shown(worst.state.toLowerCase() + (worst.check ? ` · check ${worst.check}` : "") + byHand);
  if (SERVING.test(worst.state)) return [/^UP \d/.test(worst.state) ? "warn" : "good", state];
  return [/^(MAINT|DRAIN|NOLB)/.test(worst.state) ? "warn" : "bad", state];
}

function spark(samples) {
  const top = Math.max(4, ...samples);
  return samples.map((value, i) => `${((SAMPLES - samples.length + i) * 88) / (SAMPLES - 1)},${30 - (value * 28) / top}`).join(" ");
}

function make(tile) {
  const line = svg("polyline");
  const drawing = svg("svg", { viewBox: "0 0 88 32", "aria-hidden": "true" });
  drawing.append(line);
  const id = foreign("span", "id", tile.instance.id);
  id.title = shown(tile.instance.id);
  const number = element("span", "number", element("span", "value"), element("small", "", " requests/s"));
  const button = element(
    "button",
    "tile",
    element("span", "top", element("span", "mark"), id),
    element("span", "rate", number, drawing),
    element("span", "state"),
    foreign("span", "where", `${tile.instance.address}:${tile.instance.port}`),
  );
  button.type = "button";
  button.addEventListener("click", () => open(tile));
  return element("li", "", button);
}

function update(item, tile, told) {
  const button = item.firstElementChild;
  const now = performance.now();
  button.classList.remove("good", "warn", "bad", "off");
  button.classList.add(tile.mood);
  button.classList.toggle("fresh", now - tile.since < FRESH_FOR && !tile.goneAt);
  button.classList.toggle("gone", Boolean(tile.goneAt));
  say(button.querySelector(".state"), tile.goneAt ? "left" : tile.word);
  const rate = button.querySelector(".rate");
  rate.hidden = !told || tile.instance.refused !== null;
  say(rate.querySelector(".value"), tile.rate.toLocaleString("en"));
  rate.querySelector("polyline").setAttribute("points", spark(tile.samples));
  refresh(tile);
}

/** Brings the tiles of a service up to date, those that just left among them. */
function tilesOf(service, servers, told) {
  const now = performance.now();
  const present = new Set();
  const held = new Set(service.guard?.held ?? []);
  for (const instance of service.instances) {
    const key = JSON.stringify([service.name, instance.node, instance.id]);
    present.add(key);
    const mine = servers.get(endpointOf(instance)) ?? [];
    const known = tiles.get(key) ?? { key, service: service.name, samples: [], since: first ? -Infinity : now };
    if (known.goneAt) Object.assign(known, { goneAt: 0, since: now });
    const [seen, plain] = verdict(instance, mine, told);
    const word = instance.ignored ? `${plain} · ignored: ${shown(instance.ignored)}` : plain;
    const kept = held.has(instance.id);
    const rate = sum(mine, "rate");
    known.samples = [...known.samples, rate].slice(-SAMPLES);
    tiles.set(key, Object.assign(known, { instance, servers: mine, mood: kept && seen === "good" ? "warn" : seen, word: kept ? `${word} · held` : word, rate }));
  }
  const shownTiles = [];
  for (const tile of tiles.values()) {
    if (tile.service !== service.name) continue;
    if (!present.has(tile.key)) tile.goneAt ||= now;
    if (tile.goneAt && now - tile.goneAt > GONE_FOR) tiles.delete(tile.key);
    else shownTiles.push(tile);
  }
  return shownTiles.sort((a, b) => by.compare(a.instance.id, b.instance.id) || by.compare(a.key, b.key));
}

function makePool(service) {
  const title = foreign("h2", "", service.name);
  const pool = element("section", "pool", element("header", "", title, element("span", "sum")), element("p", "routes"), element("p", "refusals"), element("p", "empty"), element("ul", "tiles"));
  pool.setAttribute("aria-label", `Service ${shown(service.name)}`);
  return pool;
}

/** A line of texts of whoever registered; hidden if there are none. */
function line(target, texts) {
  target.hidden = texts.length === 0;
  say(target, texts.map(shown).join(" · "));
}

function updatePool(pool, service, servers, told) {
  const list = tilesOf(service, servers, told);
  const parts = [count(service.served, "instance", "instances")];
  if (service.refused > 0) parts.push(`${service.refused} left out`);
  if (told) parts.push(count(list.reduce((total, tile) => total + (tile.goneAt ? 0 : tile.rate), 0), "request/s", "requests/s"));
  if (service.unlisted > 0) parts.push(`${service.unlisted.toLocaleString("en")} not drawn`);
  if (service.stale) parts.push("may be out of date");
  say(pool.querySelector(".sum"), parts.join(" · "));
  const routing = service.routing ?? { routes: [], refused: [] };
  line(pool.querySelector(".routes"), service.routing && routing.routes.length === 0 ? ["no route"] : routing.routes);
  line(pool.querySelector(".refusals"), routing.refused.map((one) => `refused: ${one.route}: ${one.reason}`));
  const empty = pool.querySelector(".empty");
  empty.hidden = list.length > 0;
  say(empty, service.answered ? "Nobody answers the call: no passing instance." : "Consul has not answered yet.");
  keep(pool.querySelector(".tiles"), list, (tile) => tile.key, make, (item, tile) => update(item, tile, told));
}

/** Draws all pools; returns how many instances drawn serve, and how many should. */
export function draw(target, live) {
  const told = live.status.haproxy.mode !== "file-only" && live.trafficProblem === null;
  const servers = byEndpoint(live.servers, live.status.haproxy.orders);
  keep(target, live.status.services, (service) => service.name, makePool, (pool, service) => updatePool(pool, service, servers, told));
  const names = new Set(live.status.services.map((service) => service.name));
  for (const tile of tiles.values()) if (!names.has(tile.service)) tiles.delete(tile.key);
  if (live.status.services.length > 0) first = false;
  const wanted = [...tiles.values()].filter((tile) => !tile.goneAt && tile.instance.refused === null);
  const serving = wanted.filter((tile) => !told || tile.servers.some((server) => SERVING.test(server.state)));
  return { serving: serving.length, wanted: wanted.length };
}
