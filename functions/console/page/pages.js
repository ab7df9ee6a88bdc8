/** Long lists: a first page that costs little, and more when somebody asks for it. */

import { element } from "./element.js";

export const FIRST = 100; // rows; what is looked at without asking for more
const MOST = 1000; // rows of one answer, as the API has it

/** `wanted` items under `list` of the answers to a question, page by page; `{items, answer, more}`.
 *
 * `answer` is the first page's. Who comes back between two pages is told twice, and counts once: by `keyOf`.
 */
export async function pages(asked, parameters, list, keyOf, wanted = FIRST) {
  const items = new Map();
  let answer = null;
  let next = "";
  for (let asking = Math.min(wanted, FIRST), left = wanted; left > 0; left -= asking, asking = Math.min(left, MOST)) {
    const page = await asked({ ...parameters, limit: asking, ...(next && { next }) });
    answer ??= page;
    next = page.next;
    for (const item of page[list]) items.set(keyOf(item), item);
    if (!next) break;
  }
  return { items: [...items.values()], answer, more: Boolean(next) };
}

/** The button that asks for more. `wanted` says how many rows there are to be. */
export function moreButton(ask) {
  const button = element("button", { type: "button", class: "more", hidden: true }, "Show more");
  const control = { button, wanted: FIRST };
  button.addEventListener("click", () => {
    control.wanted += MOST;
    button.disabled = true;
    ask();
  });
  control.show = (more) => {
    button.disabled = false;
    button.hidden = !more;
  };
  return control;
}
