/** Rows that stay the same rows while what they show changes, so that focus, selection and place are kept. */

/** Lets `body` hold one row per item, in the items' order. `rows` maps keys to rows, and is kept by the caller. */
export function keepRows(body, rows, items, keyOf, make, update) {
  const wanted = new Map(items.map((item) => [keyOf(item), item]));
  for (const [key, row] of rows) {
    if (!wanted.has(key)) {
      leave(row);
      rows.delete(key);
    }
  }
  for (const [key, item] of wanted) {
    if (!rows.has(key)) rows.set(key, make(item));
    update(rows.get(key), item);
  }
  const ordered = [...wanted.keys()].map((key) => rows.get(key));
  if (isSelectedIn(body)) body.append(...ordered.filter((row) => row.parentNode !== body));
  else order(body, ordered);
}

/** Takes a row away; the keyboard, if it was there, goes on with its neighbour. */
function leave(row) {
  if (row.contains(document.activeElement)) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    neighbour?.querySelector("a, button, summary")?.focus({ preventScroll: true });
  }
  row.remove();
}

/** Moves few rows, and never the one that has the keyboard: a row that is moved loses it. */
function order(body, ordered) {
  const held = ordered.find((row) => row.contains(document.activeElement));
  let place = body.firstElementChild;
  for (const row of ordered) {
    if (row === held) while (place !== held) place = moved(body, place);
    else if (place && place !== held && place.nextElementSibling === row) place = moved(body, place);
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
}

/** Moves a row to the end, where its turn will come; the row that followed it. */
function moved(body, row) {
  const next = row.nextElementSibling;
  body.append(row);
  return next;
}

function isSelectedIn(body) {
  const selection = document.getSelection();
  return !selection.isCollapsed && selection.containsNode(body, true);
}
