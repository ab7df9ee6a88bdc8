/** Figures in sentences. */

/** `1 channel`, `1,200 channels`. */
export function numbered(number, what) {
  return `${number.toLocaleString()} ${what}${number === 1 ? "" : "s"}`;
}

/** How many a list shows, of all that there are: `total`, or null where nobody has counted. */
export function shownOf(shown, hasMore, total) {
  if (!hasMore) return shown.toLocaleString();
  if (total === null) return `the last ${shown.toLocaleString()}`;
  return `${shown.toLocaleString()} of ${total.toLocaleString()} shown`;
}
