/** The frame: the key, the view that the address names, and its refreshing. */

import { address, read } from "./address.js";
import { NoAnswer, Refused, WrongKey } from "./api.js";
import { forgetKey, readKey } from "./key.js";
import { refreshing } from "./refresh.js";
import { signIn } from "./sign_in.js";
import { forgetSources, usualSource } from "./sources.js";
import { tellDone, tellFailed, tellNothing, tellTrouble } from "./status.js";

const EVERY = 5_000; // milliseconds; what happened five seconds ago is now to a person

// Loaded when they are first looked at: a burst of thirty requests might be more than a new account's Lambda takes.
const VIEWS = {
  channels: () => import("./channels.js"),
  channel: () => import("./channel.js"),
  user: () => import("./user.js"),
  intake: () => import("./intake.js"),
  setup: () => import("./setup.js"),
};
const USUAL = "channels";

const main = document.getElementById("main");
const nav = document.querySelector("nav");
const forget = document.getElementById("forget");

let refresh = null;
let shown = ""; // the view's name and what it is about

/** Shows what the address names. A view is `{element, title(), refresh(signal), every}`. */
async function show() {
  leave();
  const place = read(location.hash);
  if (!Object.hasOwn(VIEWS, place.view)) place.view = USUAL;
  if (!readKey()) {
    askForKey("");
    return;
  }
  nav.hidden = forget.hidden = false;
  const mine = (shown = location.hash || "#");
  const { open } = await VIEWS[place.view]().catch(() => ({ open: null }));
  if (shown !== mine) return; // somebody has gone on
  if (!open) {
    tellTrouble("A part of the console could not be loaded: reload the page."); // browsers do not ask for it again
    return;
  }
  const view = open(place, { ask: () => refresh?.now(), retitle: () => title(view) });
  const isFirst = main.querySelector("h1") === null; // then the keyboard begins at the top, with the skip link
  main.replaceChildren(view.element);
  title(view);
  markCurrent(place);
  if (!isFirst) main.querySelector("[data-start]")?.focus({ preventScroll: true });
  refresh = refreshing(
    async (signal) => {
      await view.refresh(signal);
      markCurrent(place); // by now the sources are known
    },
    view.every ?? EVERY,
    tellDone,
    failed,
  );
}

function failed(error) {
  if (error instanceof WrongKey) {
    forgetKey();
    leave();
    askForKey("This key is not right. Is it this stack's, and whole?");
  } else if (error instanceof Refused || error instanceof NoAnswer) {
    tellFailed(error.message);
  } else {
    console.error(error); // a fault of ours: whoever reports it finds it in the browser's log
    tellFailed("Something in this page went wrong.");
  }
}

function askForKey(wrong) {
  nav.hidden = forget.hidden = true;
  document.title = "Rollcall";
  const form = signIn(wrong, show);
  main.replaceChildren(form.element);
  form.start();
}

function leave() {
  refresh?.stop();
  refresh = null;
  shown = "";
  tellNothing();
}

function title(view) {
  document.title = `${view.title()} · Rollcall`;
}

/** Marks the link of the view that is shown, and lets the links keep to the source. */
function markCurrent({ view, source }) {
  for (const link of nav.children) {
    const own = link.dataset.view;
    const keeps = own === "channels" || own === "setup";
    link.setAttribute("href", address(own, { source: keeps ? source || usualSource() : "" }));
    if (own === (view === "channel" ? "channels" : view)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // its # would be taken for a view
  main.focus();
});
forget.addEventListener("click", () => {
  forgetKey();
  forgetSources();
  leave();
  askForKey("");
});
window.addEventListener("hashchange", () => {
  window.scrollTo(0, 0);
  show();
});
show();
