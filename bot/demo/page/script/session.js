// Who sits at this tab, and the small things that the browser remembers for them.

/** A signed session for the person in the address, such as /as/robin. */
export class Session {
  constructor(key = location.pathname.match(/^\/as\/([^/]+)/)?.[1] ?? "") {
    this.key = decodeURIComponent(key);
    // One tab may show one person after the other: each has a session of their own.
    this.token = tab.read(`session.${this.key}`);
  }

  /** Ask the server for a session; throws a Refused with its sentence when there is none. */
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

/** What the server does not do, in a sentence for the person. */
export class Refused extends Error {
  constructor(sentence, status = 400) {
    super(sentence);
    this.status = status;
  }
}

/** A store of the browser's that may be full, shut or full of nonsense: then nothing is remembered. */
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
      // A tab in private mode: it works without.
    }
  }
}

/** What lives as long as this tab does. */
export const tab = new Memory(() => sessionStorage);
/** What this browser remembers. */
export const browser = new Memory(() => localStorage);
