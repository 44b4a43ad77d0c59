// The messages of one channel, by id and in order.

/** A map of messages with a cached sorted list. */
export class MessageList extends Map {
  #ordered = null;

  /** The messages, oldest first. */
  inOrder() {
    this.#ordered ??= [...this.values()].sort((one, other) => compareIds(one.id, other.id));
    return this.#ordered;
  }

  set(id, message) {
    this.#ordered = null;
    return super.set(id, message);
  }

  delete(id) {
    this.#ordered = null;
    return super.delete(id);
  }
}

/** Compare two snowflakes, which exceed the precision of numbers. */
export function compareIds(one, other) {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
