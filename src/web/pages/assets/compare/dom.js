// Short forms for what is on the page.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; attributes that are functions are listeners. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Calls `listener` when the button with this `data-action` is pressed. */
export function onAction(name, listener) {
  const button = document.querySelector(`[data-action="${name}"]`);
  button.addEventListener("click", listener);
  return button;
}

/** Has the browser keep a file. */
export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
