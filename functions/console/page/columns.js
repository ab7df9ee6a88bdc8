/** Columns that several tables have. */

import { element, setText } from "./element.js";
import { nameElement } from "./names.js";
import { fillAgo } from "./times.js";

/** What stands for a figure that is not known. */
export const NOT_KNOWN = "–";

/** Names under `key` that lead to `hrefOf(item)`. An item without a name has an empty cell. */
export function nameColumn(key, title, hrefOf) {
  const link = (item) => element("a", { href: hrefOf(item) }, nameElement(item[key]));
  return {
    key,
    title,
    value: (item) => item[key],
    fill: (cell, item) => cell.replaceChildren(...(item[key] ? [link(item)] : [])),
    isFixed: true,
  };
}

/** How long ago something was: sorted by age, so that the longest ago is the largest figure. */
export function agoColumn(key, title, timeOf) {
  return {
    key,
    title,
    value: (item) => (timeOf(item) ? -Date.parse(timeOf(item)) : null),
    fill: (cell, item) => fillAgo(cell, timeOf(item), NOT_KNOWN),
    isNumber: true,
  };
}

/** Figures, written as `written(figure)`. */
export function figureColumn(key, title, figureOf, written = (figure) => figure.toLocaleString()) {
  const text = (figure) => (figure === null ? NOT_KNOWN : written(figure));
  return { key, title, value: figureOf, fill: (cell, item) => setText(cell, text(figureOf(item))), isNumber: true };
}
