// Menus that open at a point or under a button.

import { el } from "./element.js";
import { icon } from "./icons.js";

let open = null;

/**
 * Open a menu.
 *
 * `groups` are lists of {label, icon, description, danger, checked, run}, each with an optional
 * `title`. `at` is an element or a point {x, y}. On closing, the focus is restored.
 */
export function openMenu(at, groups, { label, className = "" }) {
  closeMenu();
  const before = document.activeElement;
  const list = el("div", { class: `menu ${className}`, role: "menu", tabindex: "-1", aria: { label } });
  groups
    .filter((each) => each.items.length)
    .forEach((group, number) => {
      const title =
        group.title && el("p", { class: "menu-title", role: "presentation", id: `menu-title-${number}` }, group.title);
      list.append(el("div", { role: "group", aria: { label: group.title ?? label } }, title, group.items.map(itemOf)));
    });
  const menu = { list, before };
  const outside = (event) => list.contains(event.target) || closeMenu();
  document.addEventListener("pointerdown", outside, true);
  addEventListener("resize", closeMenu);
  menu.end = () => {
    document.removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", closeMenu);
  };
  list.addEventListener("keydown", onKey);
  // An open dialog makes the rest of the page inert, so its menus are placed inside it.
  (document.querySelector("dialog[open]") ?? document.querySelector("main")).append(list);
  place(list, at);
  open = menu;
  itemsOf(list)[0]?.focus({ preventScroll: true });
  return list;
}

/** Close the open menu, if any. */
function closeMenu({ refocus = true } = {}) {
  if (!open) return;
  const { list, before, end } = open;
  const hadFocus = list.contains(document.activeElement);
  open = null;
  end();
  list.remove();
  if (refocus && hadFocus && before?.isConnected) before.focus({ preventScroll: true });
}

function itemOf({ label, icon: name, description, danger, checked, emoji, run }) {
  const isChoice = checked !== undefined;
  return el(
    "button",
    {
      type: "button",
      role: isChoice ? "menuitemradio" : "menuitem",
      tabindex: "-1",
      class: danger ? "danger" : null,
      aria: { checked: isChoice ? String(checked) : null, label: emoji ? label : null },
      on: {
        click: () => {
          closeMenu();
          run();
        },
      },
    },
    emoji
      ? el("span", { class: "emoji" }, emoji)
      : [
          el("span", { class: "menu-text" }, el("span", {}, label), description && el("small", {}, description)),
          name && icon(name),
        ],
  );
}

function itemsOf(list) {
  return [...list.querySelectorAll("[role^=menuitem]")];
}

function onKey(event) {
  const items = itemsOf(event.currentTarget);
  const at = items.indexOf(document.activeElement);
  const steps = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 };
  if (event.key in steps) {
    event.preventDefault();
    items.at(steps[event.key] % items.length)?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    closeMenu();
  } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
    const letter = event.key.toLowerCase();
    const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    after.find((each) => each.textContent.trim().toLowerCase().startsWith(letter))?.focus();
  }
}

/** Position a box within the screen, beside a point or under an element. */
function place(box, at) {
  const edge = 8;
  const anchor =
    at instanceof Element ? at.getBoundingClientRect() : { left: at.x, right: at.x, top: at.y, bottom: at.y };
  const { offsetWidth: width, offsetHeight: height } = box;
  const left = Math.min(anchor.left, innerWidth - width - edge);
  const isBelow = anchor.bottom + height + edge <= innerHeight;
  const top = isBelow ? anchor.bottom + 4 : anchor.top - height - 4;
  box.style.left = `${Math.max(edge, left)}px`;
  box.style.top = `${Math.max(edge, Math.min(top, innerHeight - height - edge))}px`;
}
