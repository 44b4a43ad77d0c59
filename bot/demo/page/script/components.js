// Components of a message: buttons, selects, and layout components with text.

import { image } from "./attachment.js";
import { el } from "./element.js";
import { icon } from "./icons.js";
import { richText } from "./rich_text.js";
import { say } from "./words.js";

export const ComponentType = {
  ROW: 1,
  BUTTON: 2,
  STRING_SELECT: 3,
  TEXT_INPUT: 4,
  USER_SELECT: 5,
  ROLE_SELECT: 6,
  MENTIONABLE_SELECT: 7,
  CHANNEL_SELECT: 8,
  SECTION: 9,
  TEXT: 10,
  THUMBNAIL: 11,
  GALLERY: 12,
  FILE: 13,
  SEPARATOR: 14,
  CONTAINER: 17,
  LABEL: 18,
  FILE_UPLOAD: 19,
};
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };
const EMPTY = {
  3: "select.choose",
  5: "select.person",
  6: "select.role",
  7: "select.mentionable",
  8: "select.channel",
};

/** Return the elements of a message's components. */
export function showComponents(components, message, state) {
  return components.map((each) => showOne(each, message, state));
}

function showOne(component, message, state) {
  const inner = () => showComponents(component.components ?? [], message, state);
  switch (component.type) {
    case ComponentType.ROW:
      return el("div", { class: "buttons" }, inner());
    case ComponentType.BUTTON:
      return button(component, message, state);
    case ComponentType.STRING_SELECT:
    case ComponentType.USER_SELECT:
    case ComponentType.ROLE_SELECT:
    case ComponentType.MENTIONABLE_SELECT:
    case ComponentType.CHANNEL_SELECT:
      return select(component, message, state);
    case ComponentType.TEXT:
      return el("div", { class: "text" }, richText(component.content, state));
    case ComponentType.SECTION:
      return el(
        "div",
        { class: "section" },
        el("div", {}, inner()),
        component.accessory && showOne(component.accessory, message, state),
      );
    case ComponentType.THUMBNAIL:
      return el(
        "div",
        { class: "thumbnail" },
        image(component.media.url, component.description ?? say("embed.picture")),
      );
    case ComponentType.GALLERY:
      return el(
        "div",
        { class: "gallery" },
        component.items.map((each) => image(each.media.url, each.description ?? say("embed.picture"))),
      );
    case ComponentType.SEPARATOR:
      return el("hr");
    case ComponentType.CONTAINER: {
      const box = el("div", { class: "embed" }, inner());
      if (component.accent_color)
        box.style.setProperty("--stripe", `#${component.accent_color.toString(16).padStart(6, "0")}`);
      return box;
    }
    default:
      return null;
  }
}

function button(component, message, state) {
  const words = [
    component.emoji?.name &&
      el("span", { class: "emoji", aria: { hidden: component.label ? "true" : null } }, component.emoji.name),
    component.label,
  ];
  const style = STYLES[component.style] ?? "secondary";
  if (style === "link") {
    if (!/^https?:\/\//i.test(component.url ?? "")) return null;
    return el(
      "a",
      { class: "button link", href: component.url, target: "_blank", rel: "noopener noreferrer" },
      words,
      icon("external"),
    );
  }
  const isBusy = state.busy.get(message.id) === component.custom_id;
  return el(
    "button",
    {
      type: "button",
      class: `button ${style}${isBusy ? " busy" : ""}`,
      disabled: component.disabled ?? false,
      data: { key: `component-${component.custom_id}`, act: "press", custom: component.custom_id },
      aria: { busy: isBusy ? "true" : null },
    },
    words,
  );
}

function select(component, message, state) {
  const isBusy = state.busy.get(message.id) === component.custom_id;
  const preset = (component.options ?? []).filter((each) => each.default).map((each) => each.label);
  const text = preset.length ? preset.join(", ") : (component.placeholder ?? say(EMPTY[component.type]));
  return el(
    "button",
    {
      type: "button",
      class: `button select${isBusy ? " busy" : ""}`,
      disabled: component.disabled ?? false,
      data: { key: `component-${component.custom_id}`, act: "select", custom: component.custom_id },
      aria: { haspopup: "dialog", busy: isBusy ? "true" : null },
    },
    el("span", {}, text),
    icon("chevron"),
  );
}

/** Find a component of a message by its custom id. */
export function findComponent(components, customId) {
  for (const each of components ?? []) {
    if (each.custom_id === customId) return each;
    const inner = findComponent(
      [...(each.components ?? []), ...[each.accessory, each.component].filter(Boolean)],
      customId,
    );
    if (inner) return inner;
  }
  return null;
}

/** Return the options of a select: {value, label, description}. */
export function optionsOf(component, state) {
  const people = () => [...state.members.values()].map(({ user }) => ({ value: user.id, label: state.nameOf(user) }));
  const roles = () =>
    [...state.roles.values()].map((each) => ({ value: each.id, label: `@${each.name.replace(/^@/, "")}` }));
  switch (component.type) {
    case ComponentType.USER_SELECT:
      return people();
    case ComponentType.ROLE_SELECT:
      return roles();
    case ComponentType.MENTIONABLE_SELECT:
      return [...people(), ...roles()];
    case ComponentType.CHANNEL_SELECT:
      return [...state.channels.values()]
        .filter(
          (each) => each.name && (!component.channel_types?.length || component.channel_types.includes(each.type)),
        )
        .map((each) => ({ value: each.id, label: `#${each.name}` }));
    default:
      return component.options.map(({ value, label, description, emoji, default: isDefault }) => ({
        value,
        label: emoji?.name ? `${emoji.name} ${label}` : label,
        description,
        isDefault,
      }));
  }
}
