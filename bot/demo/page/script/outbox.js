// Actions that the server has not acknowledged yet. They outlive a reload of the tab.

import { tab } from "./session.js";

const RECENT = 100;

/**
 * What somebody did, in order, each with an id of its own.
 *
 * The server does each id once, however often it comes: so all that is in here is sent again after
 * every reconnect, and no click is lost or doubled.
 */
export class Outbox {
  constructor(key) {
    this.name = `outbox.${key}`;
    this.entries = tab.read(this.name, []);
    this.recent = tab.read(`${this.name}.recent`, []);
    this.waiting = new Map();
  }

  /** Tell whether an action was done in this tab, before or after a reload. */
  isOurs(id) {
    return this.recent.includes(id);
  }

  /** Add an action; return its entry and a promise of what the server says. */
  add(run, action, data) {
    const entry = { id: newId(), ...run, action, data, isSent: false };
    this.entries.push(entry);
    this.recent = [...this.recent, entry.id].slice(-RECENT);
    tab.write(`${this.name}.recent`, this.recent);
    this.save();
    const answer = new Promise((resolve, reject) => this.waiting.set(entry.id, { resolve, reject }));
    return { entry, answer };
  }

  /** Take an acknowledged action out, and tell who waits for it. */
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
   * Take out what another run of the demo may have done or not, and return it.
   *
   * What was never sent is meant for this run just as well, if it kept the server.
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

/** Return an id that nobody else makes. */
export function newId() {
  // Not crypto.randomUUID, which only secure origins have.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
