/** JSON in which numbers keep their digits: JavaScript's own have room for some sixteen. */

// Of strings nothing is taken, so that digits in them stay text.
const LONG = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/g;
const MARK = `${crypto.randomUUID()}:`; // nobody outside knows it, so no text can pass for a number
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");

/** What JSON says; a long number becomes a text that `written` writes as it stood. */
export function read(json) {
  return JSON.parse(json.replace(LONG, (found) => (found.startsWith('"') ? found : `"${MARK}${found}"`)));
}

/** A value that was read, as JSON. */
export function written(value, indent) {
  return JSON.stringify(value, null, indent).replace(MARKED, "$1");
}
