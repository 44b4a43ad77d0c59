// The WebSocket of this tab, which reconnects by itself and resumes after the last event.

import { Outbox, newId } from "./outbox.js";
import { Refused } from "./session.js";
import { LANGUAGE, say } from "./words.js";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const PING_MS = 15_000;
const SILENT_MS = 40_000;
const RESEND_MS = 8_000;
/** The status of refusals that the event `restarted` reports. */
export const RESTARTED = 410;
/** The server's maximum message size; see bot/demo/client/tab.py. */
const MAX_CHARACTERS = 200_000;

/**
 * For tests, the state is on the body: `data-connected`, `data-seq` and `data-pending`.
 * Events: `ready` (detail: a snapshot), `event` (detail: one event), `state` (detail: online,
 * offline or refused), `restarted` (detail: actions that were lost).
 */
export class Connection extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.outbox = new Outbox(session.key);
    this.questions = new Map();
    this.instance = null;
    this.server = null;
    this.seq = null;
    this.isOpen = false;
    this.isAdmitted = false;
    this.pause = FIRST_PAUSE_MS;
    this.heardAt = 0;
    setInterval(() => this.#watch(), PING_MS);
    setInterval(() => this.#resend(), RESEND_MS);
    addEventListener("online", () => this.#reconnectNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#reconnectNow());
  }

  /** Connect, and reconnect until the tab is closed. */
  async start() {
    try {
      if (!this.session.token) await this.session.renew();
      this.#open();
    } catch (error) {
      if (error instanceof Refused) this.#emit("state", { state: "refused", sentence: error.message });
      else this.#again();
    }
  }

  /**
   * Perform an action; resolve with the server's result, reject with a Refused.
   *
   * It is stored, and sent again until the server has acknowledged it.
   */
  do(action, data) {
    if (JSON.stringify(data).length > MAX_CHARACTERS) {
      return Promise.reject(new Refused(say("error.tooMuch")));
    }
    const { entry, answer } = this.outbox.add({ instance: this.instance, server: this.server }, action, data);
    this.#sendEntry(entry);
    return answer;
  }

  /** Send a query without retries, such as for autocomplete; rejects without a connection. */
  ask(question, data) {
    if (!this.isOpen) return Promise.reject(new Refused(say("error.offline")));
    const id = newId();
    this.#send({ op: "ask", id, question, data });
    return new Promise((resolve, reject) => this.questions.set(id, { resolve, reject }));
  }

  /** Send a notification that may get lost, such as typing. */
  hint(action, data) {
    this.#send({ op: "hint", action, data });
  }

  #open() {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/tab`;
    const socket = new WebSocket(address);
    this.socket = socket;
    this.isAdmitted = false;
    this.heardAt = Date.now();
    socket.addEventListener("open", () => {
      const resume = this.seq === null ? {} : { instance: this.instance, seq: this.seq };
      socket.send(JSON.stringify({ op: "hello", session: this.session.token, locale: LANGUAGE, ...resume }));
    });
    socket.addEventListener("message", ({ data }) => {
      if (this.socket === socket) this.#receive(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (this.socket === socket) this.#handleClose(code);
    });
  }

  #receive(said) {
    this.isAdmitted = true;
    this.heardAt = Date.now();
    switch (said.op) {
      case "ready":
        this.#begin(said);
        break;
      case "resumed":
        this.#opened();
        break;
      case "event":
        this.seq = said.event.seq ?? this.seq;
        this.#emit("event", said.event);
        document.body.dataset.seq = this.seq;
        break;
      case "done":
      case "refused": {
        const error = said.op === "refused" ? new Refused(said.sentence) : null;
        const known = this.outbox.waiting.has(said.id);
        const entry = this.outbox.settle(said.id, error, said.result);
        // After a reload no promise waits for it, but a refusal is still reported.
        if (error && entry && !known) this.#emit("refused", { sentence: said.sentence, entry });
        break;
      }
      case "answer": {
        const waiting = this.questions.get(said.id);
        this.questions.delete(said.id);
        if (said.sentence) waiting?.reject(new Refused(said.sentence));
        else waiting?.resolve(said.result);
        break;
      }
      case "status":
        this.#emit("status", said.text);
        break;
      default: // pong
    }
  }

  #begin(snapshot) {
    const isOther = this.instance !== null && this.instance !== snapshot.instance;
    this.instance = snapshot.instance;
    this.server = snapshot.guild?.id ?? null;
    this.seq = snapshot.seq;
    const stale = this.outbox.takeStale(this);
    for (const entry of stale) this.outbox.settle(entry.id, new Refused(say("error.restarted"), RESTARTED));
    // Listeners send queries at once.
    this.isOpen = true;
    this.#emit("ready", snapshot);
    if (isOther || stale.length) this.#emit("restarted", stale);
    this.#opened();
  }

  #opened() {
    this.isOpen = true;
    document.body.dataset.connected = "true";
    document.body.dataset.seq = this.seq;
    this.pause = FIRST_PAUSE_MS;
    this.#emit("state", { state: "online" });
    for (const entry of this.outbox.entries) this.#sendEntry(entry);
  }

  #handleClose(code) {
    this.isOpen = false;
    document.body.dataset.connected = "false";
    for (const { reject } of this.questions.values()) reject(new Refused(say("error.offline")));
    this.questions.clear();
    // The demo has restarted, and signs sessions with another key; or its secret is another one,
    // which a WebSocket is not told: asking for a session tells.
    if (code === 4001 || !this.isAdmitted) this.session.token = null;
    this.#emit("state", { state: "offline" });
    this.#again();
  }

  #again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
  }

  #reconnectNow() {
    if (this.isOpen || this.socket?.readyState === WebSocket.CONNECTING) return;
    this.pause = FIRST_PAUSE_MS;
    this.#again();
  }

  #watch() {
    if (!this.isOpen) return;
    if (Date.now() - this.heardAt > SILENT_MS) this.socket.close();
    else this.#send({ op: "ping" });
  }

  #resend() {
    const late = Date.now() - RESEND_MS;
    if (this.isOpen) for (const entry of this.outbox.entries) if (entry.sentAt < late) this.#sendEntry(entry);
  }

  #sendEntry(entry) {
    entry.sentAt = Date.now();
    const isSent = this.#send({ op: "do", id: entry.id, action: entry.action, data: entry.data });
    if (isSent && !entry.isSent) {
      entry.isSent = true;
      this.outbox.save();
    }
  }

  #send(message) {
    const isOpen = this.isOpen && this.socket.readyState === WebSocket.OPEN;
    if (isOpen) this.socket.send(JSON.stringify(message));
    return isOpen;
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
