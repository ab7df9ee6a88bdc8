/** The sources there are, and the one that was looked at last. */

import { ask } from "./api.js";
import { element, setText } from "./element.js";

const KEPT = 60_000; // milliseconds; each answer of /intake asks CloudWatch, which is billed by the question

let known = [];
let asked = -Infinity;
let last = "";

/** All sources, as "pusher/main"; asked for anew each minute, and each time while there is none. */
export async function sources(signal) {
  if (known.length === 0 || performance.now() - asked > KEPT) tellSources(await ask("intake", {}, signal));
  return known;
}

/** What an answer of /intake says of them, for whoever has one. */
export function tellSources(intake) {
  known = intake.sources.map(({ provider, source }) => `${provider}/${source}`);
  asked = performance.now();
}

/** Another key may be another stack's. */
export function forgetSources() {
  known = [];
  last = "";
}

/** The source to show where the address names none: the last one, else the first there is, else "". */
export const usualSource = () => last || (known[0] ?? "");
export const lookedAt = (source) => (last = source);

/** A choice among the sources. `choose(source)` is told of it. */
export function sourcePicker(choose) {
  const select = element("select", { id: "source", onchange: () => choose(select.value) });
  return {
    element: element("p", { class: "field" }, element("label", { for: "source" }, "Source"), select),
    show(listed, chosen) {
      const all = [...new Set([...listed, ...(chosen ? [chosen] : [])])].sort();
      while (select.length > all.length) select.remove(all.length);
      all.forEach((source, at) => {
        if (!select[at]) select.add(element("option"));
        setText(select[at], source);
      });
      if (document.activeElement !== select) select.value = chosen;
    },
  };
}
