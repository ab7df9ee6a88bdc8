/** How many were in a channel over the last hour: each figure is the most since the one before. */

import { element, setText } from "./element.js";
import { clock } from "./times.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600; // units of the drawing, which is stretched to whatever room there is
const HEIGHT = 100;
const DOUBT = " The log of events does not reach over the whole hour, so the line may be wrong.";

export function picture() {
  const title = drawn("title", { id: "hour-title" });
  const words = drawn("desc", { id: "hour-words" });
  const area = drawn("path", { class: "area" });
  const line = drawn("path", { class: "line" });
  const svg = drawn("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-labelledby": "hour-title hour-words",
  });
  svg.append(title, words, area, line);
  const top = element("span", { class: "top-figure", "aria-hidden": "true" });
  const summary = element("span");
  const doubt = element("span", { class: "doubt" });
  const from = element("span");
  title.textContent = "Occupancy in the last hour";
  const made = element(
    "figure",
    { class: "hour" },
    element("div", { class: "plot" }, svg, top),
    element("div", { class: "axis", "aria-hidden": "true" }, from, element("span", {}, "now")),
    element("figcaption", {}, summary, doubt),
  );

  return {
    element: made,
    /** `course` as the API tells it; how many there are `now` may be known more freshly. */
    show(course, now) {
      const figures = [...course.occupancy.slice(0, -1), now];
      const most = Math.max(...figures, 1);
      const steps = path(figures, most);
      line.setAttribute("d", steps);
      area.setAttribute("d", `${steps}V${HEIGHT}H0Z`);
      setText(top, most.toLocaleString());
      setText(from, toTheMinute(course.from));
      setText(summary, summarized(figures, course));
      setText(words, summary.textContent);
      setText(doubt, course.complete ? "" : DOUBT);
    },
  };
}

function path(figures, most) {
  const step = WIDTH / (figures.length - 1);
  const height = (figure) => round(HEIGHT - (figure / most) * HEIGHT);
  const steps = figures.slice(1).map((figure, at) => `V${height(figure)}H${round((at + 1) * step)}`);
  return `M0 ${height(figures[1])}${steps.join("")}`;
}

function summarized(figures, { from, until, step_seconds: step }) {
  const told = (figure) => {
    const at = Date.parse(from) + figures.indexOf(figure) * step * 1000;
    return `${figure.toLocaleString()} at ${toTheMinute(new Date(Math.min(at, Date.parse(until))).toISOString())}`;
  };
  const most = Math.max(...figures);
  const least = Math.min(...figures);
  if (most === least) return `${most.toLocaleString()} all through the last hour.`;
  return `In the last hour: most ${told(most)}, least ${told(least)}.`;
}

const toTheMinute = (iso) => clock(iso).replace(/:\d\d$/, "");

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

const round = (number) => Math.round(number * 10) / 10;
