/** One channel: who is in it, how full it was, and what happened. */

import { address } from "./address.js";
import { ask } from "./api.js";
import { agoColumn, nameColumn } from "./columns.js";
import { element, setText } from "./element.js";
import { nameElement, shortened } from "./names.js";
import { moreButton, pages } from "./pages.js";
import { picture } from "./picture.js";
import { lookedAt, sources } from "./sources.js";
import { fillState } from "./states.js";
import { table } from "./table.js";
import { fillClock } from "./times.js";
import { shownOf } from "./words.js";

const MINUTES = 60; // of the picture
const MINUTE = 60_000; // milliseconds; a step of it, and it is drawn from all events of the hour: no need to hurry

export function open({ source, name }, page) {
  if (!source || !name) return nowhere();
  lookedAt(source);
  const present = element("strong", {}, "…");
  const reported = element("span", { class: "faint" });
  const hour = picture();
  let course = null;
  let courseAsked = -Infinity;
  const members = table({
    caption: "Members",
    columns: MEMBER_COLUMNS,
    keyOf: (member) => member.user,
    sort: "user",
    className: "members",
  });
  const events = table({
    caption: "Events, the newest first",
    columns: EVENT_COLUMNS,
    keyOf: eventKey,
    className: "events",
  });
  const shownMembers = listing("Members", members, page.ask);
  const shownEvents = listing("Recent events", events, page.ask);
  const made = element(
    "section",
    {},
    element("p", { class: "path" }, element("a", { href: address("channels", { source }) }, `Channels of ${source}`)),
    element("h1", { tabindex: "-1", "data-start": true }, nameElement(name)),
    element(
      "div",
      { class: "panel glance" },
      element("p", { class: "figure" }, present, " present", reported),
      hour.element,
    ),
    shownMembers.element,
    shownEvents.element,
  );

  return {
    element: made,
    title: () => shortened(name),
    async refresh(signal) {
      const question = (what) => (parameters) =>
        ask(`presence/${source}/${what}`, { channel: name, ...parameters }, signal);
      const [told, hours, log] = await Promise.all([
        pages(question("members"), {}, "members", (member) => member.user, shownMembers.more.wanted),
        performance.now() - courseAsked > MINUTE ? question("occupancy")({ minutes: MINUTES }) : course,
        pages(question("events"), { order: "newest" }, "events", eventKey, shownEvents.more.wanted),
        sources(signal),
      ]);
      setText(present, told.answer.occupancy.toLocaleString());
      setText(reported, reportedText(told.answer));
      if (hours !== course) courseAsked = performance.now();
      course = hours;
      hour.show(course, told.answer.occupancy);
      shownMembers.show(told, told.answer.occupancy, "Nobody is here now.");
      shownEvents.show(log, null, "Nothing has happened, as far as the log reaches.");
    },
  };
}

function nowhere() {
  const way = element("a", { href: address("channels") }, "Choose one from the list");
  return {
    element: element("div", { class: "empty" }, element("h1", {}, "No channel"), element("p", {}, way, ".")),
    title: () => "No channel",
    refresh: sources,
  };
}

/** A list with its heading, how much of it is shown, and a way to see more. */
function listing(title, rows, ask) {
  const heading = `of-${title.toLowerCase().replaceAll(" ", "-")}`;
  const count = element("p", { class: "count" });
  const more = moreButton(ask);
  rows.element.hidden = true;
  return {
    more,
    element: element(
      "section",
      { class: "panel", "aria-labelledby": heading },
      element("div", { class: "head" }, element("h2", { id: heading }, title), count),
      rows.element,
      more.button,
    ),
    /** `total` is how many there are, where that is known. */
    show(told, total, none) {
      const shown = told.items.length;
      rows.show(told.items);
      rows.element.hidden = shown === 0;
      more.show(told.more);
      setText(count, shown === 0 ? none : shownOf(shown, told.more, total));
    },
  };
}

function reportedText({ occupancy, reported_occupancy: reported }) {
  if (reported === null || reported === occupancy) return "";
  return `, ${reported.toLocaleString()} by the provider's own last count`;
}

function eventKey(event) {
  return JSON.stringify([event.occurred_at, event.kind, event.user, event.event_id]);
}

const USER = nameColumn("user", "User", ({ user }) => address("user", { name: user }));
const stateText = ({ state }) => (state === null ? null : JSON.stringify(state));

const MEMBER_COLUMNS = [
  { ...USER, isHead: true },
  agoColumn("since", "Since", ({ since }) => since),
  agoColumn("seen", "Last seen", (member) => member.last_seen),
  { key: "state", title: "State", value: stateText, fill: (cell, { state }) => fillState(cell, state) },
];

const EVENT_COLUMNS = [
  { key: "at", title: "When", fill: (cell, event) => fillClock(cell, event.occurred_at) },
  { key: "kind", title: "What", value: ({ kind }) => spaced(kind), isHead: true },
  { ...USER, title: "Who" },
  { key: "occupancy", title: "Reported", value: ({ occupancy }) => occupancy?.toLocaleString() ?? "", isNumber: true },
  { key: "reason", title: "Reason", fill: (cell, { reason }) => cell.replaceChildren(nameElement(spaced(reason))) },
].map((column) => ({ ...column, isFixed: true })); // what has happened does not change

const spaced = (word) => word.replaceAll("_", " ");
