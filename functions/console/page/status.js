/** How fresh what is shown is, and what keeps it from being so. */

import { setText } from "./element.js";
import { span } from "./times.js";

const freshness = document.getElementById("freshness");
const trouble = document.getElementById("trouble");
const said = document.getElementById("said");
const main = document.getElementById("main");

let updated = null; // by a clock that nobody can set

setInterval(tick, 1000);

export function tellDone() {
  updated = performance.now();
  tellTrouble("");
}

/** It is tried again; `text` stays until then, and what was shown stays, too, marked as old. */
export function tellFailed(text) {
  const old = updated === null ? "" : " What you see is old.";
  tellTrouble(`${text}${old} Trying again every few seconds.`);
}

/** Nothing is shown yet, or no longer. */
export function tellNothing() {
  updated = null;
  tellTrouble("");
}

/** For those who hear the page: what their own doing has led to. */
export function say(text) {
  setText(said, text);
}

/** Says what is wrong, once: it is not written again while it lasts, so it is heard once. */
export function tellTrouble(text) {
  setText(trouble, text);
  main.classList.toggle("old", text !== "" && updated !== null);
  tick();
}

function tick() {
  const age = updated === null ? "" : span(performance.now() - updated);
  const isOld = trouble.textContent !== "";
  freshness.classList.toggle("bad", isOld);
  if (updated === null) setText(freshness, isOld ? "No answer yet" : "");
  else setText(freshness, isOld ? `Last updated ${age} ago` : `Updated ${age} ago`);
}
