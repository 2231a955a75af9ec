// All that is known of one instance, in a dialog.

import { element, foreign, say, shown } from "./dom.js";
import { duration } from "./words.js";

const dialog = document.getElementById("details");
const title = document.getElementById("details-title");
const facts = document.getElementById("facts");
let current = null;

function list(tile) {
  const { instance } = tile;
  const rows = [
    ["State", tile.goneAt ? "left" : tile.word],
    ["Address", `${instance.address}:${instance.port}`],
    ["Node", instance.node],
    ["Weight", instance.weight],
  ];
  for (const server of tile.servers) {
    rows.push(
      ["HAProxy’s server", `${server.backend}/${server.name}`],
      ["Its state", server.check ? `${server.state}, check ${server.check}` : server.state],
      ...(server.ordered ? [["Ordered by hand", `${server.ordered.order}, for ${duration(server.ordered.ageSeconds)}`]] : []),
      ["Requests", `${server.rate}/s, ${server.current} in flight, ${server.total.toLocaleString("en")} in all`],
      ["Errors", server.errors.toLocaleString("en")],
    );
  }
  return rows;
}

/** Shows an instance. */
export function open(tile) {
  current = tile;
  refresh(tile);
  dialog.showModal();
}

/** Brings what is shown up to date, if it is of this instance. */
export function refresh(tile) {
  if (tile !== current) return;
  say(title, shown(tile.instance.id));
  facts.replaceChildren(...list(tile).flatMap(([name, value]) => [element("dt", "", name), foreign("dd", "", value)]));
}

dialog.addEventListener("close", () => {
  current = null;
});
