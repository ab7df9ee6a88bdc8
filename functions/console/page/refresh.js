/** Asks again and again: not while nobody looks, and slower where an answer takes long. */

const SHARE = 10; // an answer that takes a second is asked for every ten: one browser is a tenth of a busy reader

/** Calls `step(signal)` every `every` milliseconds, and tells `done()` or `failed(error)`.
 *
 * Returns `{now, stop}`: `now()` gives up what is under way and asks at once.
 */
export function refreshing(step, every, done, failed) {
  let timer = 0;
  let under = null; // way: what can end it

  async function run() {
    clearTimeout(timer);
    under?.abort();
    const own = (under = new AbortController());
    const began = performance.now();
    try {
      await step(own.signal);
      if (!own.signal.aborted) done();
    } catch (error) {
      if (!own.signal.aborted) failed(error);
    }
    if (own.signal.aborted) return; // another has begun since, or none is wanted
    under = null;
    const wait = Math.max(every, SHARE * (performance.now() - began));
    if (!document.hidden) timer = setTimeout(run, wait);
  }

  function onVisibility() {
    if (document.hidden) clearTimeout(timer);
    else if (!under) run();
  }

  document.addEventListener("visibilitychange", onVisibility);
  run();
  return {
    now: run,
    stop() {
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(timer);
      under?.abort();
    },
  };
}
