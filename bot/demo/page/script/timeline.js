// The messages of the open channel: rendering and scrolling.

import { el, morph } from "./element.js";
import { icon } from "./icons.js";
import { isContinuation, showMessage } from "./message.js";
import { compareIds } from "./message_list.js";
import { dayOf, isSameDay } from "./timestamps.js";
import { makeReachable, moveFocus } from "./roving_focus.js";
import { tab } from "./session.js";

import { say } from "./words.js";

/** The number of messages shown at first, and added at each scroll to the top. */
const FIRST_SHOWN = 120;
const MORE_SHOWN = 100;
const NEAR_PX = 80;
/** Changes within this time are rendered once (debounce). Not requestAnimationFrame, which hidden tabs do not run. */
export const DRAW_MS = 16;

/** Renders `state`'s messages; `loadOlder(channelId, beforeId)` fetches older ones. */
export class Timeline {
  constructor(state, loadOlder) {
    this.state = state;
    this.loadOlder = loadOlder;
    this.channelId = null;
    this.rows = new Map();
    this.isFollowing = true;
    this.list = el("ol", { class: "messages", role: "list" });
    this.scroller = el(
      "div",
      { class: "timeline", role: "region", tabindex: "0" },
      el("div", { class: "filler" }),
      this.list,
    );
    this.jump = el("button", { type: "button", class: "jump", hidden: true, on: { click: () => this.toLatest() } });
    this.root = el("div", { class: "timeline-frame" }, this.scroller, this.jump);
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.list.addEventListener("keydown", moveFocus);
    // Scroll anchoring: pictures and players that grow move no visible line.
    const watch = new ResizeObserver(() => this.isFollowing && this.#toEnd());
    watch.observe(this.list);
    watch.observe(this.scroller);
    document.addEventListener("visibilitychange", () => this.#markRead());
    addEventListener("focus", () => this.#markRead());
  }

  /** Show another channel, at its last scroll position. */
  open(channelId) {
    this.channelId = channelId;
    this.shown = FIRST_SHOWN;
    this.rows.clear();
    this.list.replaceChildren();
    if (channelId === null) return;
    this.firstUnread = this.#findUnread();
    this.newBelow = 0;
    this.isFollowing = true;
    this.draw();
    const place = tab.read(`scroll.${channelId}`);
    const row = place && this.rows.get(place.id);
    if (row) this.scroller.scrollTop = row.element.offsetTop - place.offset;
    else if (this.firstUnread) this.rows.get(this.firstUnread)?.element.scrollIntoView({ block: "center" });
    else this.#toEnd();
    this.#scrolled();
  }

  /** Schedule rendering; several changes are coalesced. */
  change(detail) {
    if (detail.channel && detail.channel !== this.channelId) return;
    if (detail.isNew && !this.isFollowing && detail.message.author.id !== this.state.me.id) this.newBelow += 1;
    if (this.isDue || this.channelId === null) return;
    this.isDue = true;
    setTimeout(() => {
      this.isDue = false;
      if (this.channelId !== null) this.draw();
    }, DRAW_MS);
  }

  /** Render the list from the state. */
  draw() {
    const all = [...this.state.messagesOf(this.channelId), ...(this.state.pending?.(this.channelId) ?? [])];
    const messages = all.slice(-this.shown);
    this.isWhole = messages.length === all.length && this.state.complete.has(this.channelId);
    const kept = this.#anchor();
    const wanted = new Set(messages.map((each) => each.id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.element.remove();
      row.divider?.remove();
      this.rows.delete(id);
    }
    let before = null;
    let cursor = this.list.firstChild;
    for (const message of messages) {
      cursor = this.#drawRow(message, before, cursor);
      before = message;
    }
    makeReachable(this.list, this.rows.get(messages.at(-1)?.id)?.element);
    if (this.isFollowing) this.#toEnd();
    else if (kept) this.scroller.scrollTop += kept.element.getBoundingClientRect().top - kept.top;
    this.#showJump();
    this.#markRead();
  }

  /** Scroll to the last message, and follow new ones. */
  toLatest() {
    this.isFollowing = true;
    this.newBelow = 0;
    this.#toEnd();
    this.#scrolled();
  }

  /** Scroll to a message by its id and highlight it; return false if it is not loaded. */
  reveal(messageId) {
    if (!this.state.message(this.channelId, messageId)) return false;
    while (!this.rows.has(messageId)) {
      this.shown += MORE_SHOWN;
      this.draw();
    }
    const { element } = this.rows.get(messageId);
    this.isFollowing = false;
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
    element.classList.add("flash");
    setTimeout(() => element.classList.remove("flash"), 1_500);
    return true;
  }

  #drawRow(message, before, cursor) {
    const { state } = this;
    const isNewDay = !before || !isSameDay(before.timestamp, message.timestamp);
    const isUnread = message.id === this.firstUnread;
    const above = isNewDay || isUnread ? null : before;
    const look = [
      message,
      isContinuation(message, above),
      state.busy.get(message.id),
      state.failed.get(message.id),
      state.shownPolls.has(message.id),
      isNewDay,
      isUnread,
      state.look,
    ];
    let row = this.rows.get(message.id);
    if (!row || look.some((each, at) => each !== row.look[at])) {
      const fresh = showMessage(message, above, state);
      if (row) morph(row.element, fresh);
      else {
        row = { element: fresh };
        this.rows.set(message.id, row);
      }
      row.look = look;
      const text = [isUnread && say("divider.new"), isNewDay && dayOf(message.timestamp)].filter(Boolean).join(" · ");
      if (!text) {
        if (cursor && cursor === row.divider) cursor = cursor.nextSibling;
        row.divider?.remove();
        row.divider = null;
      } else {
        row.divider ??= el("li", { class: "divider" });
        row.divider.className = `divider${isUnread ? " new" : ""}`;
        row.divider.replaceChildren(el("span", {}, text));
      }
    }
    for (const element of [row.divider, row.element].filter(Boolean)) {
      if (element === cursor) cursor = cursor.nextSibling;
      else this.list.insertBefore(element, cursor);
    }
    return cursor;
  }

  #anchor() {
    if (this.isFollowing) return null;
    const top = this.scroller.getBoundingClientRect().top;
    for (const { element } of this.rows.values()) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { element, top: box.top };
    }
    return null;
  }

  #scrolled() {
    if (this.channelId === null) return;
    const { scrollHeight, clientHeight } = this.scroller;
    const size = `${scrollHeight} ${clientHeight}`;
    // This was not a scroll by the user: the content or the viewport has changed its height.
    if (this.isFollowing && size !== this.size) this.#toEnd();
    this.size = size;
    this.isFollowing = this.#isAtEnd();
    if (this.isFollowing) this.newBelow = 0;
    this.#showJump();
    this.#markRead();
    this.#remember();
    if (this.scroller.scrollTop < 300 && !this.isWhole) this.#showOlder();
  }

  async #showOlder() {
    if (this.isLoading) return;
    this.isLoading = true;
    const { channelId } = this;
    try {
      const known = this.state.messagesOf(channelId);
      if (this.shown >= known.length && known.length) await this.loadOlder(channelId, known[0].id);
      this.shown += MORE_SHOWN;
      if (this.channelId === channelId) this.draw();
    } catch {
      // Without a connection nothing is loaded; the next scroll tries again.
    } finally {
      this.isLoading = false;
    }
  }

  #remember() {
    const kept = this.#anchor();
    const place = kept && {
      id: kept.element.dataset.message,
      offset: kept.top - this.scroller.getBoundingClientRect().top,
    };
    tab.write(`scroll.${this.channelId}`, place);
  }

  #findUnread() {
    const since = this.state.read[this.channelId];
    // On the first visit nothing is marked as new.
    if (!since) return null;
    const fresh = this.state.messagesOf(this.channelId).find((each) => compareIds(each.id, since) > 0);
    return fresh && fresh.author.id !== this.state.me.id ? fresh.id : null;
  }

  #markRead() {
    if (this.channelId && this.isFollowing && !document.hidden && document.hasFocus())
      this.state.markRead(this.channelId);
  }

  #showJump() {
    this.jump.hidden = this.isFollowing;
    const text = this.newBelow ? say("jump.new", { n: this.newBelow }) : say("jump");
    if (this.jump.textContent !== text) this.jump.replaceChildren(icon("down"), text);
  }

  #toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }
}
