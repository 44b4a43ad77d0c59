// The messages of one channel by id, and ids in their order.

/** A map of messages that knows them in order, and orders them anew only when they have changed. */
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

/** Compare two snowflakes, which are too large for numbers. */
export function compareIds(one, other) {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
