// Modals of the bot: text fields, choices and files in a dialog.

import { ComponentType, optionsOf } from "./components.js";
import { openDialog } from "./dialog.js";
import { el } from "./element.js";
import { richText } from "./rich_text.js";
import { say } from "./words.js";

const PARAGRAPH = 2;

/** Show a modal; `submit(values)` resolves once the server has it, `onClose` is called on cancel. */
export function openModalForm(modal, { state, uploads, submit, onClose }) {
  const fields = [];
  const body = modal.components.map((each) => showRow(each, { state, uploads, fields }));
  return openDialog({
    title: modal.title,
    body,
    confirm: say("modal.submit"),
    className: "modal-form",
    onClose,
    submit: async () => {
      const values = {};
      const files = {};
      for (const field of fields) {
        const value = field.read();
        if (field.isFile) files[field.id] = value;
        else values[field.id] = value;
      }
      await Promise.all(fields.flatMap((each) => each.uploads?.() ?? []).map((each) => each.done));
      await submit(values, files);
    },
  });
}

function showRow(component, context) {
  switch (component.type) {
    case ComponentType.LABEL:
      return fieldOf(component.component, component.label, component.description, context);
    case ComponentType.ROW:
      return component.components.map((each) => fieldOf(each, each.label, null, context));
    case ComponentType.TEXT:
      return el("div", { class: "text" }, richText(component.content, context.state));
    default:
      return null;
  }
}

function fieldOf(component, label, description, context) {
  const id = `field-${component.custom_id}`;
  const note = description && el("p", { class: "muted", id: `${id}-note` }, description);
  const isNeeded = component.required !== false;
  const make =
    { [ComponentType.TEXT_INPUT]: textField, [ComponentType.FILE_UPLOAD]: fileField }[component.type] ?? choiceField;
  return make({ component, label: label ?? "", note, id, isNeeded, described: note ? note.id : null }, context);
}

function labelOf(id, label, isNeeded) {
  return el("label", { for: id }, label, !isNeeded && el("small", { class: "muted" }, ` ${say("modal.optional")}`));
}

function textField({ component, label, note, id, isNeeded, described }, { fields }) {
  const shared = {
    id,
    name: component.custom_id,
    placeholder: component.placeholder,
    maxlength: component.max_length ?? 4000,
    autocomplete: "off",
    aria: { required: isNeeded ? "true" : null, describedby: described },
    value: component.value ?? "",
  };
  const input =
    component.style === PARAGRAPH ? el("textarea", { ...shared, rows: "4" }) : el("input", { ...shared, type: "text" });
  fields.push({
    id: component.custom_id,
    read: () => {
      const text = input.value;
      const length = text.trim().length;
      if (isNeeded && !length) throw focusedError(input, say("modal.missing", { name: label }));
      if (length && length < (component.min_length ?? 0))
        throw focusedError(input, say("modal.tooShort", { name: label, min: component.min_length }));
      return text;
    },
  });
  return el("div", { class: "field" }, labelOf(id, label, isNeeded), note, input);
}

function choiceField({ component, label, note, id, isNeeded, described }, { state, fields }) {
  const options = optionsOf(component, state);
  const [least, most] = [component.min_values ?? 1, component.max_values ?? 1];
  const preset = new Set([
    ...options.filter((each) => each.isDefault).map((each) => each.value),
    ...(component.default_values ?? []).map((each) => each.id),
  ]);
  if (most === 1) {
    const isOptional = !isNeeded || least === 0 || !preset.size;
    const select = el(
      "select",
      { id, name: component.custom_id, aria: { required: isNeeded ? "true" : null, describedby: described } },
      isOptional && el("option", { value: "" }, component.placeholder ?? say("select.choose")),
      options.map((each) =>
        el(
          "option",
          { value: each.value, selected: preset.has(each.value) },
          each.description ? `${each.label} – ${each.description}` : each.label,
        ),
      ),
    );
    fields.push({
      id: component.custom_id,
      read: () => {
        if (isNeeded && least > 0 && !select.value) throw focusedError(select, say("modal.missing", { name: label }));
        return select.value ? [select.value] : [];
      },
    });
    return el("div", { class: "field" }, labelOf(id, label, isNeeded), note, select);
  }
  const boxes = options.map((each, at) =>
    el("input", { type: "checkbox", id: `${id}-${at}`, value: each.value, checked: preset.has(each.value) }),
  );
  fields.push({
    id: component.custom_id,
    read: () => {
      const ticked = boxes.filter((each) => each.checked).map((each) => each.value);
      const tooFew = isNeeded && ticked.length < least;
      if (tooFew || ticked.length > most) throw focusedError(boxes[0], say("modal.count", { name: label, least, most }));
      return ticked;
    },
  });
  return el(
    "fieldset",
    { class: "field", aria: { describedby: described } },
    el("legend", {}, label, !isNeeded && el("small", { class: "muted" }, ` ${say("modal.optional")}`)),
    note,
    component.placeholder && el("p", { class: "muted" }, component.placeholder),
    options.map((each, at) =>
      el(
        "label",
        { class: "tick" },
        boxes[at],
        el("span", {}, each.label, each.description && el("small", {}, each.description)),
      ),
    ),
  );
}

function fileField({ component, label, note, id, isNeeded, described }, { uploads, fields }) {
  const most = component.max_values ?? 1;
  const input = el("input", {
    type: "file",
    id,
    multiple: most > 1,
    aria: { describedby: described, required: isNeeded ? "true" : null },
  });
  const trouble = el("p", { class: "failed", role: "status" });
  let taken = [];
  input.addEventListener("change", () => {
    trouble.textContent = "";
    taken = [...input.files].map((file) => uploads.add(file));
    for (const each of taken) each.done.catch((error) => (trouble.textContent = error.message));
  });
  fields.push({
    id: component.custom_id,
    isFile: true,
    uploads: () => taken,
    read: () => {
      if (isNeeded && taken.length < (component.min_values ?? 1))
        throw focusedError(input, say("modal.missing", { name: label }));
      if (taken.length > most)
        throw focusedError(input, say("modal.count", { name: label, least: component.min_values ?? 0, most }));
      return taken.map((each) => each.id);
    },
  });
  return el("div", { class: "field" }, labelOf(id, label, isNeeded), note, input, trouble);
}

function focusedError(input, sentence) {
  input.focus();
  return new Error(sentence);
}
