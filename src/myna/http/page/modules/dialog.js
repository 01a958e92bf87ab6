/** Questions that must be answered before anything else. */

import { find, make } from "./document.js";
import { t } from "./locale.js";

/** Show a dialog of these parts and resolve to how it was closed: a button's value, or "".
 *
 * Enter in a field presses the last button.
 */
export function open(title, parts, buttons) {
  const heading = make("h2", { id: "dialog-title" }, title);
  const last = buttons.at(-1);
  const row = make("div", { class: "dialog-buttons" }, buttons.map((button) => make("button", {
    type: button === last ? "submit" : "button",
    class: button.kind ?? "secondary",
    onclick: button === last ? null : () => dialog.close(button.value),
  }, button.label)));
  const form = make("form", { method: "dialog" }, heading, ...parts, row);
  const dialog = make("dialog", { "aria-labelledby": "dialog-title" }, form);
  const before = document.activeElement;
  document.body.append(dialog);
  // The policy allows no form to be sent anywhere: close by hand what `method=dialog` would close.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close(last.value);
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(""); });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus();
      resolve(dialog.returnValue);
    });
    dialog.showModal();
    (find("input", dialog) ?? find("button", dialog)).focus();
  });
}

/** Ask whether to do something that cannot be undone. The safe answer has the focus. */
export async function confirmed(title, words, action) {
  const answer = await open(title, [make("p", {}, words)], [
    { value: "", label: t("dialog.cancel") },
    { value: "yes", label: action, kind: "danger" },
  ]);
  return answer === "yes";
}

/** Ask for a line of text; null if nothing is wanted. */
export async function asked(title, label, value) {
  const input = make("input", { type: "text", id: "dialog-input", value, maxlength: "200", required: true });
  input.addEventListener("focus", () => input.select());
  const answer = await open(title, [make("label", { class: "field", for: "dialog-input" }, label, input)], [
    { value: "", label: t("dialog.cancel") },
    { value: "yes", label: t("dialog.ok"), kind: "primary" },
  ]);
  return answer === "yes" ? input.value.trim() : null;
}
