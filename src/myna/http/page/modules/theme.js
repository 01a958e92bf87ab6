/** Light, dark, or as the system has it. */

const KEPT = "myna.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const changed = new EventTarget();

export const isDark = () =>
  (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function set(theme) {
  document.documentElement.dataset.theme = theme;
  changed.dispatchEvent(new Event("change"));
}

export function startTheme(button) {
  const kept = localStorage.getItem(KEPT);
  if (kept) set(kept);
  dark.addEventListener("change", () => changed.dispatchEvent(new Event("change")));
  button.addEventListener("click", () => {
    set(isDark() ? "light" : "dark");
    localStorage.setItem(KEPT, document.documentElement.dataset.theme);
  });
}

/** Call when the colours change. */
export const onTheme = (listener) => changed.addEventListener("change", listener);

const known = new Map(); // colours there are now, by name
onTheme(() => known.clear());

/** Return the value of a colour of the style sheet, as the canvas needs it: [red, green, blue]. */
export function colour(name) {
  if (!known.has(name)) known.set(name, measured(name));
  return known.get(name);
}

function measured(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  probe.hidden = true;
  document.body.append(probe);
  const parts = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return parts.slice(0, 3);
}
