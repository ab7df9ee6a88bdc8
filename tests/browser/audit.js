/* What bars somebody from using the page, as far as a program can tell; a list of sentences, empty if all is well. */

const faults = [];
const named = (one) => `<${one.localName}> ${(one.id || one.className || one.textContent).slice(0, 40)}`;
const isShown = (one) => one.checkVisibility({ visibilityProperty: true });
const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

for (const input of all("input, select, textarea")) {
  if (!input.labels?.length) faults.push(`${named(input)} has no label.`);
}
for (const pressed of all("button, a, summary")) {
  if (!(pressed.getAttribute("aria-label") ?? pressed.textContent).trim())
    faults.push(`${named(pressed)} has no name.`);
  if (pressed.localName === "a" && !pressed.hasAttribute("href")) faults.push(`${named(pressed)} leads nowhere.`);
  const box = pressed.getBoundingClientRect();
  if (pressed.localName === "button" && box.height < 24) faults.push(`${named(pressed)} is hard to hit.`);
}
for (const image of all("img, svg[role=img]")) {
  if (!image.hasAttribute("alt") && !image.hasAttribute("aria-labelledby"))
    faults.push(`${named(image)} is not described.`);
}
for (const table of all("table")) {
  if (!table.caption?.textContent) faults.push(`${named(table)} has no caption.`);
  for (const head of table.tHead.rows[0].cells)
    if (head.scope !== "col") faults.push(`${named(head)} heads no column.`);
}
for (const one of document.querySelectorAll("[aria-labelledby], [aria-describedby], label[for]")) {
  const references = ["aria-labelledby", "aria-describedby", "for"].flatMap(
    (name) => one.getAttribute(name)?.split(" ") ?? [],
  );
  for (const id of references)
    if (!document.getElementById(id)) faults.push(`${named(one)} refers to ${id}, which is not there.`);
}
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
for (const id of new Set(ids))
  if (ids.filter((other) => other === id).length > 1) faults.push(`${id} is there twice.`);
for (const landmark of ["main", "header"]) {
  if (all(landmark).length !== 1) faults.push(`There is not one <${landmark}>.`);
}
const levels = all("h1, h2, h3, h4").map((heading) => Number(heading.localName[1]));
if (levels.filter((level) => level === 1).length !== 1) faults.push("There is not one heading of the first level.");
levels.forEach((level, at) => {
  if (at > 0 && level > levels[at - 1] + 1) faults.push("A level of headings is left out.");
});
if (document.documentElement.lang !== "en") faults.push("The page's language is not told.");
if (document.documentElement.scrollWidth > window.innerWidth) faults.push("The page is wider than its window.");

/* Contrast as WCAG 2 has it. Colours are drawn, so that whatever way they are written they become numbers. */
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const pen = canvas.getContext("2d", { willReadFrequently: true });
const drawn = new Map();
function numbers(colour) {
  if (!drawn.has(colour)) {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    drawn.set(colour, [...pen.getImageData(0, 0, 1, 1).data]);
  }
  return drawn.get(colour);
}
const over = ([r, g, b, a], under) => [r, g, b].map((one, at) => (one * a + under[at] * (255 - a)) / 255);
function ground(one) {
  const below = one.parentElement ? ground(one.parentElement) : [255, 255, 255];
  return over(numbers(getComputedStyle(one).backgroundColor), below);
}
function luminance(colour) {
  const [r, g, b] = colour.map((one) =>
    one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let seen = 0; texts.nextNode() && seen < 2000;) {
  const one = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !isShown(one) || one.closest(".heard, .skip, :disabled, option")) continue;
  seen += 1;
  const style = getComputedStyle(one);
  const [light, dark] = [over(numbers(style.color), ground(one)), ground(one)].map(luminance).sort((a, b) => b - a);
  const size = parseFloat(style.fontSize);
  const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
  const contrast = (light + 0.05) / (dark + 0.05);
  if (contrast < needed) faults.push(`${named(one)} has a contrast of ${contrast.toFixed(2)}.`);
}
return faults;
