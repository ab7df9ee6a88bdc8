/** Times as people read them, by the server's clock: a browser's may be wrong. */

import { element, setText } from "./element.js";

const SECOND = 1000; // milliseconds, as all times here
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const CLOCK = new Intl.DateTimeFormat(undefined, TIME);
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

let ahead = 0; // of this browser's clock

/** The server's own time; `grain` is by how much it may be older than now. */
export function tellNow(text, grain = 0) {
  const late = now() - Date.parse(text);
  if (late < 0 || late > grain) ahead -= late;
}

export function now() {
  return Date.now() + ahead;
}

/** `4 s`, `12 min`, `3 h`, `5 d`: the largest unit that fits. */
export function span(milliseconds) {
  if (milliseconds < MINUTE) return `${Math.max(0, Math.floor(milliseconds / SECOND))} s`;
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} d`;
}

export function ago(iso) {
  return `${span(now() - Date.parse(iso))} ago`;
}

/** The time of day where the browser is, with the day unless it is today. */
export function clock(iso) {
  const time = new Date(iso);
  const today = new Date(now()).toDateString() === time.toDateString();
  return today ? CLOCK.format(time) : `${DATE.format(time)}, ${CLOCK.format(time)}`;
}

/** Fills a cell with how long ago it was, or with `never`. The exact time is its title. */
export function fillAgo(cell, iso, never) {
  fillTime(cell, iso, ago, never);
}

/** Fills a cell with the time of day. */
export function fillClock(cell, iso) {
  fillTime(cell, iso, clock, "");
}

function fillTime(cell, iso, written, never) {
  if (!iso) {
    setText(cell, never);
    return;
  }
  const time = cell.querySelector("time") ?? element("time");
  if (time.dateTime !== iso) {
    time.dateTime = iso;
    time.title = WHOLE.format(new Date(iso));
  }
  setText(time, written(iso));
  if (time.parentNode !== cell) cell.replaceChildren(time);
}
