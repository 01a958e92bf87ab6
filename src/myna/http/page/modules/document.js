/** Making and finding elements of the document. */

export const find = (selector, root = document) => root.querySelector(selector);

/** Return a new element. `on…` values are listeners, booleans are present or absent attributes. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Return one of the page's icons; it means nothing to a screen reader. */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  picture.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  picture.append(use);
  return picture;
}

/** Show another icon on a button, and another name. */
export function relabel(button, iconName, label) {
  find("use", button).setAttribute("href", `#i-${iconName}`);
  button.setAttribute("aria-label", label);
}

let clearing = 0;

/** Say something to whoever does not see the page. */
export function announce(text) {
  const status = find("#status");
  status.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => { status.textContent = ""; }, 4000);
}

/** Let the browser save some bytes as a file. */
export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
