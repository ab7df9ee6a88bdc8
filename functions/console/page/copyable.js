/** A text to be copied: a field that can only be read, with its button. */

import { element, setText } from "./element.js";
import { say } from "./status.js";

const THANKS = 2_000; // milliseconds for which the button says that it is done

let made = 0;

export function copyable(label, text) {
  const id = `copy-${++made}`;
  const field = element("input", {
    id,
    value: text,
    readonly: true,
    spellcheck: "false",
    onfocus: () => field.select(),
  });
  const button = element("button", { type: "button", "aria-label": `Copy: ${label}`, onclick: copy }, "Copy");

  async function copy() {
    setText(button, (await copied(field)) ? "Copied" : "Press Ctrl+C");
    say(`${label}: ${button.textContent}`);
    setTimeout(() => setText(button, "Copy"), THANKS);
  }

  return element("div", { class: "copyable" }, element("label", { for: id }, label), field, button);
}

/** Browsers let a page write to the clipboard only over TLS and on this machine; else it is selected to be copied. */
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return false;
  }
}
