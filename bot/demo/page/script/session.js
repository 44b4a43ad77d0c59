// The session of this tab, and the values that the browser stores.

/** A signed session for the person in the URL, such as /as/robin. */
export class Session {
  constructor(key = location.pathname.match(/^\/as\/([^/]+)/)?.[1] ?? "") {
    this.key = decodeURIComponent(key);
    // A tab may show different persons in turn, each with a session.
    this.token = tab.read(`session.${this.key}`);
  }

  /** Request a session; throws a Refused with a sentence if there is none. */
  async renew() {
    const answer = await fetch("/api/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ person: this.key }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Refused(said.sentence, answer.status);
    this.token = said.session;
    tab.write(`session.${this.key}`, said.session);
  }
}

/** A refusal by the server, with a sentence for the person. */
export class Refused extends Error {
  constructor(sentence, status = 400) {
    super(sentence);
    this.status = status;
  }
}

/** A browser storage that may be full, disabled or corrupt: then nothing is stored. */
class Memory {
  constructor(place) {
    this.place = place;
  }

  read(name, usual = null) {
    try {
      return JSON.parse(this.place().getItem(`zhiyin.${name}`)) ?? usual;
    } catch {
      return usual;
    }
  }

  write(name, value) {
    try {
      if (value === null) this.place().removeItem(`zhiyin.${name}`);
      else this.place().setItem(`zhiyin.${name}`, JSON.stringify(value));
    } catch {
      // In private mode storage may be unavailable.
    }
  }
}

/** Storage of this tab. */
export const tab = new Memory(() => sessionStorage);
/** Storage of this browser. */
export const browser = new Memory(() => localStorage);
