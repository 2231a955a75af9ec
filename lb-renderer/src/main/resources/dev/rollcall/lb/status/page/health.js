// How Consul, lb-renderer and HAProxy are, and the sentence at the top.

import { element, keep, say, shown } from "./dom.js";
import { ago, count, duration } from "./words.js";

/** What gives Consul's answers, in words. */
const BACKENDS = { streaming: "streaming", "blocking-query": "long polling", cache: "the agent’s cache" };

function consul({ services }) {
  const known = services.filter((service) => service.ageSeconds !== null);
  const oldest = Math.max(0, ...known.map((service) => service.ageSeconds));
  if (services.some((service) => service.stale)) {
    return ["bad", known.length ? `does not answer; last confirmed ${duration(oldest)} ago` : "has not answered yet"];
  }
  const backends = [...new Set(services.map((service) => service.backend).filter((backend) => backend !== null))].sort();
  return ["good", [`confirmed ${duration(Math.max(1, oldest))} ago`, ...backends.map((backend) => BACKENDS[backend] ?? shown(backend))].join(" · ")];
}

function renderer({ template, lastApply, lastSuccess, at }) {
  if (template.problem !== null) return ["warn", "the template’s file can’t be used; the one before is"];
  if (lastApply === null) return ["off", "nothing rendered yet"];
  if (!lastApply.succeeded) return ["bad", `${shown(lastApply.kind)}; the last good configuration is kept`];
  return ["good", `configuration in use, last taken ${ago(lastSuccess, at)}`];
}

function haproxy({ haproxy }) {
  if (haproxy.mode === "file-only") return ["off", "not attached: the file alone is written"];
  if (!haproxy.running) return ["bad", shown(haproxy.problem ?? "does not run")];
  const words = [`${shown(haproxy.version ?? "")} serves`, `up ${duration(haproxy.uptimeSeconds)}`];
  words.push(count(haproxy.reloads, "reload", "reloads"));
  if (haproxy.oldWorkers > 0) words.push(count(haproxy.oldWorkers, "old worker finishes", "old workers finish"));
  if (haproxy.orders.length > 0) words.push(`${count(haproxy.orders.length, "server", "servers")} ordered by hand`);
  return ["good", words.join(" · ")];
}

function make(part) {
  return element("li", "", element("span", "mark"), element("b", "", part.name), element("span", "told"));
}

function verdict(status, { serving, wanted }) {
  if (status.services.length === 0) return status.lastApply === null ? "Waiting for the first roll call" : "The template names no service";
  const served = status.services.reduce((total, service) => total + service.served, 0);
  const all = count(served, "instance", "instances");
  const said = `${serving < wanted ? `${serving.toLocaleString("en")} of ${all}` : all} in service`;
  return status.degraded ? `${said}, with a problem` : said;
}

function latest({ history, at }) {
  const last = history.changes.findLast((change) => change.secondsSinceChange !== null);
  return last ? `Last change ${ago(last.at, at)}, in use after ${duration(last.secondsSinceChange)}` : "";
}

/** Draws all of it, knowing how many instances serve. */
export function draw(page, status, tally) {
  const headline = verdict(status, tally);
  say(page.verdict, headline);
  say(page.latest, latest(status));
  document.title = `${headline} – Rollcall`;
  say(page.version, `lb-renderer ${shown(status.version)}`);
  page.problems.hidden = status.problems.length === 0;
  keep(page.problems, status.problems, (problem) => problem, (problem) => element("li", "", shown(problem.replaceAll("\n", " "))), () => {});
  const parts = [
    { name: "Consul", told: consul(status) },
    { name: "lb-renderer", told: renderer(status) },
    { name: "HAProxy", told: haproxy(status) },
  ];
  keep(page.health, parts, (part) => part.name, make, (item, part) => {
    item.className = part.told[0];
    say(item.querySelector(".told"), part.told[1]);
  });
}
