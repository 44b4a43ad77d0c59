// Uploads of files, before the message that they belong to is sent.

import { newId } from "./outbox.js";
import { Refused } from "./session.js";
import { describeBytes } from "./sizes.js";
import { say } from "./words.js";

const TRIES = 5;
const PAUSE_MS = 700;

/** Uploads files under client-generated ids, so that a repeated upload is the same file. */
export class Uploads {
  constructor(session, state) {
    this.session = session;
    this.state = state;
  }

  /** Start an upload; return {id, name, size, done}; the promise `done` rejects with a Refused. */
  add(file) {
    const { upload_bytes: most } = this.state.limits;
    const upload = { id: newId(), name: file.name || say("upload.unnamed"), size: file.size };
    upload.done =
      file.size > most
        ? Promise.reject(
            new Refused(
              say("upload.tooLarge", { name: upload.name, size: describeBytes(file.size), most: describeBytes(most) }),
            ),
          )
        : this.#send(upload, file);
    // The error is reported when the message is sent; this avoids an unhandled rejection until then.
    upload.done.catch(() => {});
    return upload;
  }

  async #send(upload, file) {
    const query = new URLSearchParams({ name: upload.name, type: file.type });
    for (let tried = 1; ; tried += 1) {
      try {
        const answer = await fetch(`/api/uploads/${upload.id}?${query}`, {
          method: "PUT",
          headers: { "X-Session": this.session.token },
          body: file,
        });
        if (answer.ok) return;
        const { sentence } = await answer.json().catch(() => ({}));
        if (answer.status === 401) await this.session.renew();
        else if (answer.status < 500)
          throw new Refused(sentence ?? say("upload.failed", { name: upload.name }), answer.status);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      if (tried === TRIES) throw new Refused(say("upload.failed", { name: upload.name }));
      await new Promise((resolve) => setTimeout(resolve, tried * PAUSE_MS));
    }
  }
}
