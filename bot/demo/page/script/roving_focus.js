// Roving tabindex: one message at a time is reachable with Tab; the arrow keys move between messages.

/** Make the last message reachable, unless another one has the focus. */
export function makeReachable(list, last) {
  const current = list.querySelector(":scope > .message[tabindex='0']");
  if (current && (current === document.activeElement || current === last)) return;
  current?.setAttribute("tabindex", "-1");
  last?.setAttribute("tabindex", "0");
}

/** Handle a key: the arrows move the focus to the next message. */
export function moveFocus(event) {
  const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  if (!step || !event.target.matches(".message")) return;
  event.preventDefault();
  let next = event.target[step];
  while (next && !next.matches(".message")) next = next[step];
  if (!next) return;
  event.target.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}
