// Creating and updating elements without parsing HTML, so that no text can become markup.

/**
 * Create an element.
 *
 * `data` and `aria` take objects; `on` takes listeners by event; an attribute of null, undefined or
 * false is omitted. Children are nodes or texts; empty ones are omitted.
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (key === "data") {
      for (const [each, text] of Object.entries(value)) {
        if (text !== null && text !== undefined) made.dataset[each] = text;
      }
    } else if (key === "aria") {
      for (const [each, text] of Object.entries(value)) {
        if (text !== null && text !== undefined) made.setAttribute(`aria-${each}`, text);
      }
    } else if (key === "class") made.className = value;
    else if (key === "value" || key === "checked" || key === "disabled") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(
    ...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false && each !== ""),
  );
  return made;
}

/** Replace all children of an element. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

/**
 * Update an element to equal a newly created one, without replacing what is the same: a button being
 * pressed, the focus, a playing clip.
 *
 * Children are matched by `data-key`. Elements with `data-keep` on both sides are not changed, and
 * children with `data-own` are left in place.
 * Listeners stay with the old element, so morphed elements use event delegation.
 */
export function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.dataset?.keep !== undefined && fresh.dataset?.keep !== undefined) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !LIVE.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value && !LIVE.has(name)) old.setAttribute(name, value);
  }
  if ("disabled" in fresh && old.disabled !== fresh.disabled) old.disabled = fresh.disabled;
  morphChildren(old, fresh);
}

/** Attributes that the page changes after rendering. */
const LIVE = new Set(["open", "tabindex"]);

function morphChildren(old, fresh) {
  const next = [...fresh.childNodes];
  const own = [...old.childNodes].filter((child) => child.dataset?.own !== undefined);
  const wanted = new Set(next.map(keyOf).filter(Boolean));
  const keyed = new Map();
  for (const child of [...old.childNodes]) {
    const key = keyOf(child);
    if (!key || own.includes(child)) continue;
    if (wanted.has(key)) keyed.set(key, child);
    else child.remove();
  }
  let cursor = skipOwn(old.firstChild, own);
  for (const child of next) {
    const key = keyOf(child);
    let match = null;
    if (key) {
      match = keyed.get(key) ?? null;
      // A playing element stops if it is moved, so the nodes before it are removed instead.
      while (match && cursor && cursor !== match && !keyOf(cursor)) cursor = skipOwn(removed(cursor), own);
    } else if (cursor && !keyOf(cursor) && isLike(cursor, child)) match = cursor;
    if (!match) old.insertBefore(child, cursor);
    else {
      if (match === cursor) cursor = skipOwn(cursor.nextSibling, own);
      else old.insertBefore(match, cursor);
      if (isLike(match, child)) morph(match, child);
      else match.replaceWith(child);
    }
  }
  while (cursor) cursor = skipOwn(removed(cursor), own);
}

function skipOwn(node, own) {
  while (node && own.includes(node)) node = node.nextSibling;
  return node;
}

function keyOf(node) {
  return node.dataset?.key;
}

function isLike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

function removed(node) {
  const after = node.nextSibling;
  node.remove();
  return after;
}

/** Return whether touch is the primary input of this device. */
export function isTouch() {
  return matchMedia("(pointer: coarse)").matches;
}
