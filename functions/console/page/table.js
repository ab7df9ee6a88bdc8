/** A table that can be sorted by each column, and whose rows are brought up to date in place. */

import { element, setText } from "./element.js";
import { keepRows } from "./rows.js";

const collator = new Intl.Collator(undefined, { numeric: true });

/** A table of `columns`: `{key, title, value, fill, isNumber, isHead, isFixed}`.
 *
 * `value(item)` is what is sorted by, and shown unless `fill(cell, item)` does that; `isHead` names the row, `isFixed`
 * never changes. `sort` is a column's key, with a `-` before it for the largest first, and `onsort` is told of a new
 * one; without `sort` the rows stay in the order in which they are given.
 */
export function table({ caption, columns, keyOf, sort = null, onsort = () => {}, className = "" }) {
  let items = [];
  const rows = new Map();
  const head = element("tr", {}, ...columns.map((column) => heading(column, sort !== null && (() => sortBy(column)))));
  const body = element("tbody");
  const made = element(
    "table",
    { class: className },
    element("caption", { class: "heard" }, caption),
    element("thead", {}, head),
    body,
  );

  function sortBy(column) {
    sort = nextSort(sort, column);
    document.getSelection().removeAllRanges(); // which would hold the rows where they are
    onsort(sort);
    draw();
  }

  function draw() {
    columns.forEach((column, at) => markSorted(head.children[at], column, sort));
    keepRows(body, rows, sorted(items, columns, sort), keyOf, (item) => makeRow(columns, item), updateRow);
  }

  function updateRow(row, item) {
    columns.forEach((column, at) => {
      if (!column.isFixed) fill(row.children[at], column, item);
    });
  }

  return {
    element: made,
    show(shown) {
      items = shown;
      draw();
    },
  };
}

function heading(column, onclick) {
  const title = onclick ? element("button", { type: "button", onclick }, column.title) : column.title;
  return element("th", { scope: "col", class: column.isNumber ? "number" : null }, title);
}

function makeRow(columns, item) {
  return element("tr", {}, ...columns.map((column) => makeCell(column, item)));
}

function makeCell(column, item) {
  const cell = element(column.isHead ? "th" : "td", {
    scope: column.isHead ? "row" : null,
    class: column.isNumber ? "number" : null,
    "data-title": column.title, // on a phone it stands before the figure
  });
  fill(cell, column, item);
  return cell;
}

function fill(cell, column, item) {
  if (column.fill) column.fill(cell, item);
  else setText(cell, column.value(item));
}

/** First the way that is asked for most: names from the beginning, figures from the largest; then the other. */
function nextSort(sort, column) {
  const first = column.isNumber ? `-${column.key}` : column.key;
  const second = column.isNumber ? column.key : `-${column.key}`;
  return sort === first ? second : first;
}

function markSorted(cell, column, sort) {
  if (sort === column.key) cell.setAttribute("aria-sort", "ascending");
  else if (sort === `-${column.key}`) cell.setAttribute("aria-sort", "descending");
  else cell.removeAttribute("aria-sort");
}

function sorted(items, columns, sort) {
  const column = columns.find(({ key }) => key === sort?.replace(/^-/, ""));
  if (!column) return items;
  const sign = sort.startsWith("-") ? -1 : 1;
  const valued = items.map((item) => [column.value(item) ?? null, item]);
  return valued.sort(([a], [b]) => compared(a, b, sign)).map(([, item]) => item);
}

/** What is not known comes last, either way. */
function compared(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (typeof a === "number" ? a - b : collator.compare(a, b));
}
