/** A member's state: any JSON, of up to 200,000 bytes. A line of it is shown, and the whole when it is opened. */

import { element, setText } from "./element.js";
import { spelled } from "./names.js";
import { written } from "./numbers.js";

const LINE = 48; // characters; what a column has room for

export function fillState(cell, state) {
  const text = state === null ? "" : spelled(written(state));
  if (cell.dataset.state === text) return;
  cell.dataset.state = text;
  if (text.length <= LINE) {
    cell.replaceChildren(element("code", {}, text));
    return;
  }
  const isOpen = cell.querySelector("details")?.open ?? false;
  const whole = element("pre");
  const details = element(
    "details",
    { open: isOpen, ontoggle: () => setText(whole, details.open ? spelledLines(state) : "") },
    element("summary", {}, element("code", {}, `${text.slice(0, LINE)}…`)),
    whole,
  );
  cell.replaceChildren(details);
}

/** Line by line, and the indentation stays what it is. */
function spelledLines(state) {
  const lines = written(state, 2).split("\n");
  return lines.map((line) => line.replace(/[^ ].*/s, spelled)).join("\n");
}
