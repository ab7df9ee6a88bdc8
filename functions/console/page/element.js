/** Elements are made here, and never from markup: what children hold is text, whoever wrote it. */

/** An element with its attributes (`onclick` and the like take functions) and its children, nodes or text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute.startsWith("on")) made.addEventListener(attribute.slice(2), value);
    else if (value === true) made.setAttribute(attribute, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(attribute, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Writes text only where it differs: what somebody has selected or a screen reader stands on stays untouched. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
