/** The channels of a source that somebody is in. */

import { address } from "./address.js";
import { ask } from "./api.js";
import { NOT_KNOWN, agoColumn, figureColumn, nameColumn } from "./columns.js";
import { element, setText } from "./element.js";
import { moreButton, pages } from "./pages.js";
import { lookedAt, sourcePicker, sources, usualSource } from "./sources.js";
import { say } from "./status.js";
import { table } from "./table.js";
import { numbered } from "./words.js";

const PAUSE = 250; // milliseconds without a key pressed: then somebody has typed what they look for

export function open(place, page) {
  let source = place.source;
  let find = place.options.get("find") ?? "";
  let sort = place.options.get("sort") ?? "channel";
  let loaded = { items: [], more: false };
  let pause = 0;

  const picker = sourcePicker((chosen) => (location.hash = address("channels", { source: chosen })));
  const search = element("input", {
    id: "find",
    type: "search",
    value: find,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "Part of a name",
    oninput: () => onFind(search.value),
  });
  const count = element("p", { class: "count" });
  const list = table({
    caption: "Occupied channels",
    columns: columns((channel) => address("channel", { source, name: channel })),
    keyOf: (item) => item.channel,
    sort,
    onsort: (chosen) => {
      sort = chosen;
      remember();
    },
    className: "boxed channels",
  });
  const more = moreButton(page.ask);
  const empty = element("div", { class: "empty", hidden: true });
  const tools = element(
    "div",
    { class: "tools", hidden: true },
    picker.element,
    element("p", { class: "field grow" }, element("label", { for: "find" }, "Find a channel"), search),
  );
  const made = element(
    "section",
    {},
    element("h1", { tabindex: "-1", "data-start": true }, "Channels"),
    tools,
    count,
    list.element,
    more.button,
    empty,
  );
  list.element.hidden = true;

  function onFind(text) {
    find = text;
    remember();
    draw();
    clearTimeout(pause);
    pause = setTimeout(() => {
      say(count.textContent);
      if (loaded.more) page.ask(); // perhaps it is on a page that was not loaded
    }, PAUSE);
  }

  /** Into the address, without a new step for Back. */
  function remember() {
    const options = { find, sort: sort === "channel" ? "" : sort };
    history.replaceState(null, "", address("channels", { source, options }));
  }

  function draw() {
    const matching = loaded.items.filter(({ channel }) => channel.toLowerCase().includes(find.toLowerCase()));
    list.show(matching);
    list.element.hidden = matching.length === 0;
    more.show(loaded.more);
    setText(count, counted(matching.length, loaded, find));
  }

  return {
    element: made,
    title: () => (source ? `Channels of ${source}` : "Channels"),
    async refresh(signal) {
      const listed = await sources(signal);
      source ||= usualSource();
      picker.show(listed, source);
      tools.hidden = !source;
      if (source) {
        lookedAt(source);
        loaded = await load(source, find, more.wanted, signal);
        draw();
      }
      page.retitle();
      showEmpty(empty, source, loaded.items.length === 0);
    },
  };
}

/** The channels that were asked for; and, if there are more, those whose names begin with what is looked for. */
async function load(source, find, wanted, signal) {
  const asked = (parameters) => ask(`presence/${source}/channels`, parameters, signal);
  const keyOf = (item) => item.channel;
  const { items, more } = await pages(asked, {}, "channels", keyOf, wanted);
  if (!more || !find) return { items, more, listed: items.length };
  const found = await pages(asked, { prefix: find }, "channels", keyOf, wanted);
  const all = new Map([...items, ...found.items].map((item) => [item.channel, item]));
  return { items: [...all.values()], more, listed: items.length };
}

function columns(href) {
  return [
    { ...nameColumn("channel", "Channel", ({ channel }) => href(channel)), isHead: true },
    { ...figureColumn("occupancy", "Present", ({ occupancy }) => occupancy), fill: fillOccupancy },
    { ...figureColumn("reported", "Reported", (item) => item.reported_occupancy), fill: fillReported },
    agoColumn("since", "Since", (item) => item.occupied_since),
  ];
}

/** Of some channels the provider tells that they are occupied, and not by whom. */
function fillOccupancy(cell, { occupancy }) {
  setText(cell, occupancy === 0 ? "someone" : occupancy.toLocaleString());
  cell.classList.toggle("faint", occupancy === 0);
}

function fillReported(cell, { occupancy, reported_occupancy: reported }) {
  setText(cell, reported === null ? NOT_KNOWN : reported.toLocaleString());
  const differs = reported !== null && reported !== occupancy;
  cell.classList.toggle("differs", differs);
  if (differs) cell.title = "The provider's own last count is another";
  else cell.removeAttribute("title");
}

function counted(shown, { items, more, listed }, find) {
  if (items.length === 0) return "";
  const listedText = listed.toLocaleString();
  if (!find) return more ? `The first ${listedText} channels, sorted among themselves` : numbered(shown, "channel");
  const among = more ? `the first ${listedText}, and all that begin with it` : listedText;
  return `${shown.toLocaleString()} found among ${among}`;
}

/** Says what to do next; written once per source, so that nothing is taken from under the keyboard. */
function showEmpty(empty, source, isEmpty) {
  empty.hidden = !isEmpty;
  if (!isEmpty || empty.dataset.of === source) return;
  empty.dataset.of = source;
  const setup = element("a", { href: address("setup", { source }) }, source ? `Set up ${source}` : "Set up a source");
  const next = source ? " shows whether webhooks arrive" : ": paste its URL into your provider's dashboard";
  empty.replaceChildren(
    element("h2", {}, source ? "Nobody is in any channel" : "No webhook has arrived yet"),
    element("p", {}, setup, next, ". On your own machine ", element("code", {}, "make demo"), " sends some."),
  );
}
