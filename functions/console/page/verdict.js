/** What became of the last webhook of a source: seen at a glance, and heard when it changes. */

import { element, setText } from "./element.js";
import { inWords, kindOf } from "./outcomes.js";
import { ago } from "./times.js";

export function verdictCard() {
  const mark = element("span", { class: "mark", "aria-hidden": "true" });
  const when = element("span");
  const what = element("strong", { role: "status" });
  const help = element("p", { class: "help" });
  const made = element(
    "div",
    { class: "panel verdict-card" },
    mark,
    element("p", { class: "words" }, when, what),
    help,
  );
  return {
    element: made,
    show(told, source) {
      const kind = told.last_received_at ? kindOf(told.last_outcome ?? "retried") : "none";
      made.dataset.kind = kind;
      setText(mark, MARKS[kind]);
      setText(when, told.last_received_at ? `Last webhook received ${ago(told.last_received_at)}: ` : "");
      setText(what, judged(told, kind));
      showHelp(help, told, source);
    },
  };
}

const MARKS = { good: "✓", waiting: "…", bad: "✕", none: "○" };

function judged({ last_outcome: outcome, last_sentence: sentence, signs }, kind) {
  if (kind === "none") return "No webhook has arrived in the last week.";
  if (kind === "good") return signs ? "signature right" : "accepted";
  if (kind === "waiting") return "it could not be applied yet, and is tried again";
  return `parked. ${sentence || inWords(outcome)}`;
}

/** What mends it, where that is a command; written once per outcome, so that it can be selected. */
function showHelp(help, { last_outcome: outcome, last_received_at: at }, source) {
  const of = at ? outcome : "nothing yet";
  if (help.dataset.of === of) return;
  help.dataset.of = of;
  help.replaceChildren(...(HELP.get(of)?.(source) ?? []));
}

const command = (text) => element("code", {}, text);

const HELP = new Map([
  ["nothing yet", () => ["Paste the URL, and let somebody join a channel: it is seen here within seconds."]],
  [
    "unverified",
    (source) => [
      "Somebody else sent it, or another secret is stored than the one that signs. ",
      command(`rollcall source rotate ${source}`),
      " stores the right one, and ",
      command("rollcall parked redrive --reason unverified"),
      " applies what waits.",
    ],
  ],
  [
    "missing_secret",
    (source) => [
      command(`rollcall source add ${source}`),
      " stores it, and ",
      command("rollcall parked redrive --reason missing_secret"),
      " applies what waits.",
    ],
  ],
]);
