/** What came in during the last hour, what became of it, and what waits. */

import { address } from "./address.js";
import { ask } from "./api.js";
import { NOT_KNOWN, agoColumn, figureColumn } from "./columns.js";
import { element, setText } from "./element.js";
import { nameElement } from "./names.js";
import { inWords, kindOf } from "./outcomes.js";
import { tellSources } from "./sources.js";
import { table } from "./table.js";
import { ago, fillAgo, span } from "./times.js";
import { numbered } from "./words.js";

export function open() {
  const totals = new Map(TOTALS.map((total) => [total, tile(total.title)]));
  const list = table({
    caption: "Webhooks of the last hour, by source",
    columns: SOURCE_COLUMNS,
    keyOf: nameOf,
    sort: "source",
    className: "intake",
  });
  const empty = element(
    "p",
    { class: "empty", hidden: true },
    "No webhook has arrived in the last week. ",
    element("a", { href: address("setup") }, "Set up a source"),
    ", or ",
    element("code", {}, "make demo"),
    " on your own machine.",
  );
  const doubts = element("ul", { class: "doubts" });
  const trimmer = table({
    caption: "The trimmer's last runs",
    columns: TRIMMER_COLUMNS,
    keyOf: ({ kind }) => kind,
    className: "trimmer",
  });
  const made = element(
    "section",
    {},
    element("h1", { tabindex: "-1", "data-start": true }, "Intake"),
    element("dl", { class: "tiles" }, ...[...totals.values()].map((shown) => shown.element)),
    section("sources", "Sources, in the last hour", list.element, doubts, empty, element("p", { class: "hint" }, LEGEND)),
    section("trimmer", "Trimmer", trimmer.element),
  );

  return {
    element: made,
    title: () => "Intake",
    async refresh(signal) {
      const told = await ask("intake", {}, signal);
      tellSources(told);
      for (const [{ figure, note, kind }, shown] of totals) shown.show(figure(told), note(told), kind?.(told) ?? "");
      list.show(told.sources);
      tellDoubts(doubts, told.sources);
      list.element.hidden = told.sources.length === 0;
      empty.hidden = told.sources.length > 0;
      trimmer.show(told.trimmer);
    },
  };
}

function section(id, title, ...children) {
  return element("section", { class: "panel", "aria-labelledby": id }, element("h2", { id }, title), ...children);
}

function tile(title) {
  const figure = element("dd", { class: "figure" });
  const note = element("dd", { class: "note" });
  const made = element("div", { class: "panel" }, element("dt", {}, title), figure, note);
  return {
    element: made,
    show(text, words, kind) {
      setText(figure, text);
      setText(note, words);
      made.className = `panel ${kind}`;
    },
  };
}

const sum = (sources, figure) => sources.reduce((total, source) => total + figure(source), 0);
const parked = (source) => Object.values(source.parked).reduce((total, count) => total + count, 0);

/** The four figures above the sources: `{title, figure, note, kind}`, each of what /intake tells. */
const TOTALS = [
  {
    title: "Received",
    figure: ({ sources }) => sum(sources, ({ received }) => received).toLocaleString(),
    note: () => "webhooks in the last hour",
  },
  {
    title: "Applied",
    figure: ({ sources }) => sum(sources, ({ applied }) => applied).toLocaleString(),
    note: ({ sources }) =>
      numbered(
        sum(sources, ({ events }) => events),
        "event",
      ),
  },
  {
    title: "Parked",
    figure: ({ sources }) => sum(sources, parked).toLocaleString(),
    note: (told) => parkedNote(told.parked_waiting),
    kind: (told) => (told.parked_waiting > 0 ? "bad" : ""),
  },
  {
    title: "Waiting",
    figure: ({ waiting }) => waiting.toLocaleString(),
    note: (told) => waitingNote(told.waiting, told.oldest_waiting_seconds),
    kind: (told) => (told.oldest_waiting_seconds > LONG ? "waiting" : ""),
  },
];
const LONG = 60; // seconds in the queue; it is usually one or two

function parkedNote(waiting) {
  if (waiting === 0) return "none waits any more";
  return `${waiting.toLocaleString()} ${waiting === 1 ? "waits" : "wait"}: rollcall parked list`;
}

function waitingNote(waiting, oldest) {
  if (waiting === 0) return "all is applied";
  return oldest === null ? "in the queue" : `the oldest for ${span(oldest * 1000)}`;
}

function fillSource(cell, source) {
  const name = nameOf(source);
  cell.replaceChildren(element("a", { href: address("setup", { source: name }) }, name));
}

/** A line for each source of whose webhooks something is missing: not understood, or lost on the way. */
function tellDoubts(list, sources) {
  const lines = sources.filter(({ not_understood: unknown, may_have_lost_events: lost }) => unknown || lost);
  const told = JSON.stringify(lines.map((source) => [nameOf(source), source.not_understood, source.unknown_kinds, source.may_have_lost_events]));
  list.hidden = lines.length === 0;
  if (list.dataset.told === told) return;
  list.dataset.told = told;
  list.replaceChildren(...lines.map((source) => element("li", {}, `${nameOf(source)}: `, ...unknownOf(source), ...lostOf(source))));
}

function unknownOf({ not_understood: events, unknown_kinds: kinds }) {
  if (events === 0) return [];
  const named = kinds.flatMap((kind, at) => [at ? ", " : ": ", element("code", {}, nameElement(kind))]);
  const many = kinds.length < MOST_KINDS ? numbered(kinds.length, "unknown kind") : "many unknown kinds";
  return [`${numbered(events, "event")} of ${many}`, ...named, ". All else in these webhooks is applied. "];
}

function lostOf({ may_have_lost_events: webhooks }) {
  if (webhooks === 0) return [];
  const verb = webhooks === 1 ? "says" : "say";
  return [`${numbered(webhooks, "webhook")} ${verb} that events are missing: ask the provider who is there.`];
}
const MOST_KINDS = 10; // that /intake names

function fillParked(cell, source) {
  const reasons = Object.entries(source.parked).filter(([, count]) => count > 0);
  const words = reasons.map(([reason, count]) => `${count.toLocaleString()} ${inWords(reason)}`).join(", ");
  setText(cell, words || "0");
  cell.classList.toggle("bad", words !== "");
}

function fillLast(cell, { last_received_at: at, last_outcome: outcome }) {
  const words = at ? [ago(at), ...(outcome ? [inWords(outcome)] : [])].join(", ") : "not in a week";
  setText(cell, words);
  cell.className = `number ${at && outcome ? kindOf(outcome) : ""}`;
}

const LEGEND =
  "Late: events received more than a minute after they happened. Repeated: events in which nothing was new. " +
  "Longest wait: from receipt until applied.";

const nameOf = ({ provider, source }) => `${provider}/${source}`;
const shareOf = (part) => (source) => (source.events ? source[part] / source.events : null);
const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const waited = (milliseconds) => (milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : span(milliseconds));

const SOURCE_COLUMNS = [
  { key: "source", title: "Source", value: nameOf, fill: fillSource, isHead: true, isFixed: true },
  figureColumn("received", "Received", ({ received }) => received),
  figureColumn("applied", "Applied", ({ applied }) => applied),
  figureColumn("retried", "Retried", ({ retried }) => retried),
  { key: "parked", title: "Parked", value: parked, fill: fillParked, isNumber: true },
  figureColumn("late", "Late", shareOf("late"), percent),
  figureColumn("repeated", "Repeated", shareOf("repeated"), percent),
  figureColumn("wait", "Longest wait", (source) => source.longest_wait_ms, waited),
  { ...agoColumn("last", "Last received", (source) => source.last_received_at), fill: fillLast },
];

const RESULTS = new Map([
  [null, NOT_KNOWN],
  [true, "done"],
  [false, "not finished; the next run goes on"],
]);

const TRIMMER_COLUMNS = [
  { key: "kind", title: "What", value: ({ kind }) => kind, isHead: true, isFixed: true },
  { key: "ran", title: "Last run", fill: (cell, run) => fillAgo(cell, run.ran_at, "not yet") },
  { key: "complete", title: "Result", value: ({ complete }) => RESULTS.get(complete) },
];
