/** Asks for the read key. */

import { element, setText } from "./element.js";
import { keepKey } from "./key.js";

/** The form, with what was wrong with the key before, if any. `done()` once there is a key to try. */
export function signIn(wrong, done) {
  const input = element("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "key-wrong key-hint",
    "aria-invalid": wrong ? "true" : null,
  });
  const problem = element("p", { id: "key-wrong", class: "wrong", role: "alert" });
  const form = element(
    "form",
    { class: "panel narrow", onsubmit: submit },
    element("h1", {}, "Who is online where"),
    element("p", { class: "field" }, element("label", { for: "key" }, "Read key"), input),
    problem,
    element("button", { type: "submit", class: "main" }, "Open"),
    element(
      "p",
      { id: "key-hint", class: "hint" },
      element("code", {}, "rollcall key"),
      " prints it. It stays in this tab, and is gone when the tab is closed.",
    ),
  );

  function submit(event) {
    event.preventDefault();
    keepKey(input.value.trim());
    done();
  }

  return {
    element: form,
    start() {
      input.focus();
      setText(problem, wrong); // now that it is in the page, so that it is heard
    },
  };
}
