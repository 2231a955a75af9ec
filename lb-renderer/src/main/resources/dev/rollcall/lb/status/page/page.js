// Asks for what is so once a second while somebody looks, and has it drawn.

import { draw as drawChanges } from "./changes.js";
import { say } from "./dom.js";
import { draw as drawHealth } from "./health.js";
import { draw as drawPools } from "./pools.js";

const EVERY = 1000;
const LONGEST_PAUSE = 10000;
const LIMIT = 5000;

const ids = ["verdict", "latest", "problems", "health", "pools", "changes", "quiet", "version", "pause"];
const page = Object.fromEntries(ids.map((id) => [id, document.getElementById(id)]));

let paused = false;
let failures = 0;
let timer = 0;
let asking = false;

async function ask() {
  const answer = await fetch("live", { cache: "no-store", signal: AbortSignal.timeout(LIMIT) });
  if (!answer.ok) throw new Error(`lb-renderer answers ${answer.status}`);
  return answer.json();
}

async function look() {
  if (asking) return;
  asking = true;
  try {
    const live = await ask().catch(() => null);
    failures = live ? 0 : failures + 1;
    if (live) drawAll(live);
    else drawSilence();
  } finally {
    asking = false;
    next();
  }
}

function drawAll(live) {
  drawHealth(page, live.status, drawPools(page.pools, live));
  drawChanges(page.changes, page.quiet, live.status.history.changes);
}

function drawSilence() {
  say(page.verdict, "lb-renderer does not answer");
  say(page.latest, "What is below is what was last known. Trying again.");
}

function next() {
  clearTimeout(timer);
  if (paused || document.hidden) return;
  timer = setTimeout(look, Math.min(EVERY * 2 ** failures, LONGEST_PAUSE));
}

page.pause.addEventListener("click", () => {
  paused = !paused;
  page.pause.setAttribute("aria-pressed", String(paused));
  say(page.pause, paused ? "Go on" : "Pause");
  if (paused) clearTimeout(timer);
  else look();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused) look();
});

look();
