/** A source's URL, what to do with it at the provider, and whether its webhooks come and are genuine. */

import { address } from "./address.js";
import { ask } from "./api.js";
import { copyable } from "./copyable.js";
import { element } from "./element.js";
import { lookedAt, usualSource } from "./sources.js";
import { verdictCard } from "./verdict.js";

const EVERY = 2_000; // milliseconds; somebody waits for their first webhook
const USUAL_NAME = "main";

export function open(place) {
  const [provider, name = USUAL_NAME] = (place.source || usualSource()).split("/");
  const choice = element("select", { id: "provider", onchange: go });
  const input = element("input", {
    id: "name",
    value: name,
    required: true,
    pattern: "[a-z0-9][a-z0-9\\-]{0,62}",
    maxlength: "63",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-describedby": "name-hint",
    onchange: go,
  });
  const hint = element("p", { class: "hint", id: "name-hint" }, HINT);
  const steps = element("div", { class: "steps" });
  const verdict = verdictCard();
  const made = element(
    "section",
    {},
    element("h1", { tabindex: "-1", "data-start": true }, "Setup"),
    element(
      "form",
      { class: "tools", onsubmit: go },
      element("p", { class: "field" }, element("label", { for: "provider" }, "Provider"), choice),
      element("p", { class: "field" }, element("label", { for: "name" }, "Source"), input),
      element("button", { type: "submit" }, "Show"),
    ),
    hint,
    verdict.element,
    steps,
  );
  verdict.element.hidden = true;

  function go(event) {
    event.preventDefault();
    input.setAttribute("aria-invalid", String(!input.validity.valid));
    if (input.reportValidity()) location.hash = address("setup", { source: `${choice.value}/${input.value}` });
  }

  return {
    element: made,
    every: EVERY,
    title: () => `Set up ${provider ? `${provider}/${name}` : "a source"}`,
    async refresh(signal) {
      if (choice.length === 0) {
        const { providers } = await ask("setup", {}, signal);
        choice.append(...providers.map((one) => element("option", { value: one.provider }, one.title)));
        choice.value = provider || choice.value;
        if (!provider) {
          // Not a step of its own for Back.
          history.replaceState(null, "", address("setup", { source: `${choice.value}/${name}` }));
        }
      }
      const source = `${provider || choice.value}/${name}`;
      const told = await ask(`setup/${source}`, {}, signal);
      lookedAt(source);
      if (steps.childElementCount === 0) steps.append(...stepsOf(told, source));
      verdict.element.hidden = false;
      verdict.show(told, source);
    },
  };
}

const HINT =
  "A source is one app or environment of yours. Any name of small letters, digits and hyphens will do, " +
  "and nothing has to be deployed for it.";

const OF_THIS_MACHINE =
  "This Rollcall runs on your own machine, where no provider reaches it: make simulate sends webhooks as they would. " +
  "The URL to paste is shown here once Rollcall is deployed.";

const isOfThisMachine = () => ["127.0.0.1", "localhost"].includes(location.hostname);

function stepsOf(told, source) {
  return [
    step(
      1,
      `Paste this URL at ${told.title}`,
      element("p", {}, told.where),
      copyable("Webhook URL", new URL(told.path, document.baseURI).href),
      element("p", { class: "hint" }, isOfThisMachine() ? OF_THIS_MACHINE : "Whoever knows it can send webhooks: treat it as a secret."),
    ),
    step(2, "Switch on", element("ul", {}, ...told.switch_on.map((one) => element("li", {}, one)))),
    step(
      3,
      told.signs
        ? "Store the secret that proves a webhook genuine"
        : "Store what proves a webhook genuine, if you use it",
      element("p", {}, told.proof),
      element("p", {}, told.secrets),
      copyable("Command that asks for it", `rollcall source add ${source}`),
    ),
  ];
}

function step(number, title, ...children) {
  const id = `step-${number}`;
  return element(
    "section",
    { class: "panel step", "aria-labelledby": id },
    element("h2", { id }, element("span", { class: "step-number" }, `${number}`), title),
    ...children,
  );
}
