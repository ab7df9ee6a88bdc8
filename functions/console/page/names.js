/** Names of channels and users come from strangers. Here they become text that hides nothing. */

import { element } from "./element.js";

// What would not be seen, or would move what stands around it: controls, formats (bidi overrides, joiners), fillers,
// odd spaces, and plain ones at either end. Joiners that make an emoji are part of it.
const PART =
  /(?<emoji>\p{RGI_Emoji})|(?<unseen>[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800[\p{Zs}--\x20]]|^\x20|\x20$)/gv;
const LONGEST_TITLE = 60; // characters of a name in the title of the window

/** A name as an element: isolated, so that its direction ends with it, and whole in its title, since it may be cut. */
export function nameElement(name, attributes = {}) {
  return element("bdi", { class: "name", title: spelled(name), ...attributes }, ...parts(name));
}

/** A name as plain text, for titles: what is unseen in it is spelled. */
export function spelled(name) {
  return name.toWellFormed().replace(PART, (found, emoji) => emoji ?? `[${codes(found)}]`);
}

/** The beginning of a name, for the window's title. */
export function shortened(name) {
  const characters = [...spelled(name)];
  return characters.length > LONGEST_TITLE ? `${characters.slice(0, LONGEST_TITLE).join("")}…` : characters.join("");
}

function parts(name) {
  const found = [];
  let end = 0;
  for (const match of name.matchAll(PART)) {
    if (match.groups.emoji) continue;
    found.push(name.slice(end, match.index), element("span", { class: "unseen" }, codes(match[0])));
    end = match.index + match[0].length;
  }
  return [...found, name.slice(end)];
}

function codes(text) {
  return [...text].map((one) => `U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`).join(" ");
}
