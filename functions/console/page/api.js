/** The read API: one question, one answer, and the three ways in which there is none. */

import { readKey } from "./key.js";
import { read } from "./numbers.js";
import { tellNow } from "./times.js";

const PATIENCE = 35_000; // milliseconds; API Gateway gives up after 30 s
const OF_DATE = 5_000; // milliseconds; HTTP's Date knows whole seconds, and an answer takes its time to come
const SENDABLE = /^[\x21-\x7e]+$/; // what a header may hold

/** The key is not the stack's. */
export class WrongKey extends Error {}

/** The question is wrong; asking again will not help. */
export class Refused extends Error {}

/** No answer this time: the network, or Rollcall itself. Asking again may help. */
export class NoAnswer extends Error {}

/** The answer to `path`, relative to the API's own address. */
export async function ask(path, parameters, signal) {
  const key = readKey();
  if (!SENDABLE.test(key)) throw new WrongKey();
  const url = new URL(path, document.baseURI);
  url.search = new URLSearchParams(parameters);
  const response = await sent(url, key, signal);
  const answer = await response.text().then(read).catch(() => null);
  if (response.status === 401) throw new WrongKey();
  if (response.status === 400 || response.status === 404) throw new Refused(answer?.error ?? "There is nothing here.");
  if (!response.ok || answer === null) throw new NoAnswer(`Rollcall answered with an error (${response.status}).`);
  if (answer.now) tellNow(answer.now);
  else if (response.headers.has("date")) tellNow(response.headers.get("date"), OF_DATE);
  return answer;
}

async function sent(url, key, signal) {
  try {
    return await fetch(url, {
      headers: { authorization: `Bearer ${key}` },
      cache: "no-store",
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new NoAnswer("Rollcall cannot be reached.");
  }
}
