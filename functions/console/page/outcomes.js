/** What became of a webhook, in few words. */

const WORDS = new Map(
  Object.entries({
    applied: "applied",
    retried: "to be tried again",
    unverified: "not proved genuine",
    missing_secret: "no secret stored",
    unreadable_body: "unreadable",
    not_understood: "not understood",
    over_bounds: "over a bound",
    unreadable_envelope: "unreadable",
    unstorable_event: "too large to store",
    invalid_retention: "retention not valid",
    unknown_provider: "provider unknown",
  }),
);

export function inWords(outcome) {
  return WORDS.get(outcome) ?? outcome.replaceAll("_", " ");
}

/** `good`, `waiting` or `bad`. */
export function kindOf(outcome) {
  if (outcome === "applied") return "good";
  return outcome === "retried" ? "waiting" : "bad";
}
