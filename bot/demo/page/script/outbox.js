// Actions that the server has not acknowledged yet. They survive a reload of the tab.

import { tab } from "./session.js";

const RECENT = 100;

/**
 * A queue of actions, each with a unique id.
 *
 * The server runs each id once (idempotency), so all entries are sent again after every reconnect, and
 * no click is lost or repeated.
 */
export class Outbox {
  constructor(key) {
    this.name = `outbox.${key}`;
    this.entries = tab.read(this.name, []);
    this.recent = tab.read(`${this.name}.recent`, []);
    this.waiting = new Map();
  }

  /** Return whether an action is from this tab, before or after a reload. */
  isOurs(id) {
    return this.recent.includes(id);
  }

  /** Add an action; return its entry and a promise of the server's result. */
  add(run, action, data) {
    const entry = { id: newId(), ...run, action, data, isSent: false };
    this.entries.push(entry);
    this.recent = [...this.recent, entry.id].slice(-RECENT);
    tab.write(`${this.name}.recent`, this.recent);
    this.save();
    const answer = new Promise((resolve, reject) => this.waiting.set(entry.id, { resolve, reject }));
    return { entry, answer };
  }

  /** Remove an acknowledged action, and settle its promise. */
  settle(id, error, result) {
    const entry = this.entries.find((each) => each.id === id) ?? null;
    this.entries = this.entries.filter((each) => each.id !== id);
    this.save();
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.reject(error);
    else waiting?.resolve(result);
    return entry;
  }

  /**
   * Remove and return the actions that an earlier run of the demo may or may not have done.
   *
   * Actions that were never sent stay, if the server's state was kept.
   */
  takeStale({ instance, server }) {
    const isGood = (each) => each.instance === instance || (!each.isSent && each.server === server);
    const stale = this.entries.filter((each) => !isGood(each));
    this.entries = this.entries.filter(isGood).map((each) => ({ ...each, instance }));
    this.save();
    return stale;
  }

  save() {
    tab.write(this.name, this.entries.length ? this.entries : null);
    document.body.dataset.pending = this.entries.length;
  }
}

/** Return a unique id. */
export function newId() {
  // Not crypto.randomUUID, which requires a secure origin.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
