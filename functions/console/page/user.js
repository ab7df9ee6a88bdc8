/** Where a user is, in all sources. */

import { address } from "./address.js";
import { ask } from "./api.js";
import { agoColumn, nameColumn } from "./columns.js";
import { element, setText } from "./element.js";
import { nameElement, shortened } from "./names.js";
import { sources } from "./sources.js";
import { say } from "./status.js";
import { table } from "./table.js";
import { numbered } from "./words.js";

const AT_ONCE = 4; // sources asked at the same time; a browser holds six connections, and each is a function at work
const LABEL = "User's id, exactly as the provider tells it";
const CHANNELS = 1000; // of a user in a source, as many as one answer takes

export function open({ name }) {
  const input = element("input", {
    id: "user",
    type: "search",
    value: name,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
  });
  const verdict = element("p", { class: "verdict" });
  const found = table({
    caption: "Where this user is",
    columns: COLUMNS,
    keyOf: ({ source, channel }) => `${source} ${channel ?? ""}`,
    sort: "source",
    className: "boxed whereabouts",
  });
  const hint = element("p", { class: "hint" });
  found.element.hidden = true;
  const heading = name ? ["Where is ", nameElement(name)] : ["Where is …"];
  const made = element(
    "section",
    {},
    element("h1", { tabindex: "-1", "data-start": name !== "" }, ...heading),
    element(
      "form",
      { class: "tools", role: "search", onsubmit: submit },
      element("p", { class: "field grow" }, element("label", { for: "user" }, LABEL), input),
      element("button", { type: "submit", class: "main" }, "Find"),
    ),
    verdict,
    found.element,
    hint,
  );
  if (!name) input.dataset.start = "";

  function submit(event) {
    event.preventDefault();
    location.hash = address("user", { name: input.value });
  }

  return {
    element: made,
    title: () => (name ? `Where is ${shortened(name)}` : "Where is …"),
    async refresh(signal) {
      const listed = await sources(signal);
      if (!name) return;
      const answers = await each(listed, (source) => whereabouts(source, name, signal));
      const known = answers.filter(({ last_seen: seen, online }) => seen || online);
      found.show(known.flatMap(places));
      found.element.hidden = known.length === 0;
      if (verdict.textContent === "") say(judged(known));
      setText(verdict, judged(known));
      setText(hint, looked(listed, known));
    },
  };
}

async function whereabouts(source, user, signal) {
  const answer = await ask(`presence/${source}/whereabouts`, { user, limit: CHANNELS }, signal);
  return { source, ...answer };
}

/** The answers for all, a few at a time, in the order of what was asked. */
async function each(items, answerTo) {
  const answers = [];
  const waiting = items.entries();
  async function work() {
    for (const [at, item] of waiting) answers[at] = await answerTo(item);
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

/** A row per channel; one for a source where the user is known, but is nowhere now. */
function places({ source, last_seen: seen, channels }) {
  if (channels.length === 0) return [{ source, seen, channel: null, since: null }];
  return channels.map(({ channel, since, last_seen: there }) => ({ source, seen: there, channel, since }));
}

function judged(known) {
  const channels = known.reduce((sum, answer) => sum + answer.channels.length, 0);
  const beyond = known.some(({ next }) => next) ? "more than " : "";
  if (channels > 0) return `Online, in ${beyond}${numbered(channels, "channel")}.`;
  return known.length > 0 ? "Not online." : "Nobody of this name is known.";
}

function looked(listed, known) {
  if (listed.length === 0) return "No webhook has arrived yet: see Setup.";
  if (known.length > 0) return `Looked in ${numbered(listed.length, "source")}.`;
  return `Looked in ${listed.join(", ")}. Capitals and spaces count; who left long ago is forgotten.`;
}

const CHANNEL = nameColumn("channel", "Channel", ({ source, channel }) =>
  address("channel", { source, name: channel }),
);

function fillChannel(cell, item) {
  if (item.channel === null) setText(cell, "not online");
  else CHANNEL.fill(cell, item);
  cell.classList.toggle("faint", item.channel === null);
}

const COLUMNS = [
  { ...CHANNEL, fill: fillChannel, isHead: true },
  { key: "source", title: "Source", value: ({ source }) => source, isFixed: true },
  agoColumn("since", "Since", ({ since }) => since),
  agoColumn("seen", "Last seen", ({ seen }) => seen),
];
