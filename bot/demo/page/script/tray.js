// The files that are to go with the next message.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { notify } from "./notices.js";
import { describeBytes } from "./sizes.js";
import { say } from "./words.js";

/** Holds uploads until they are taken. */
export class Tray {
  constructor(uploads, state) {
    this.uploads = uploads;
    this.state = state;
    this.files = [];
    this.root = el("ul", { class: "tray", aria: { label: say("composer.files") }, hidden: true });
  }

  /** Begin the upload of a file; false when a message can take no more. */
  add(file) {
    const { files: most } = this.state.limits;
    if (this.files.length >= most) {
      notify(say("composer.tooManyFiles", { n: most }));
      return false;
    }
    const upload = this.uploads.add(file);
    this.files.push(upload);
    upload.done.catch((error) => {
      notify(error.message);
      this.#drop(upload);
    });
    this.#draw();
    return true;
  }

  /** Return the files and hold none any more. */
  take() {
    const { files } = this;
    this.files = [];
    this.#draw();
    return files;
  }

  #drop(upload) {
    this.files = this.files.filter((each) => each !== upload);
    this.#draw();
  }

  #draw() {
    this.root.hidden = this.files.length === 0;
    this.root.replaceChildren(
      ...this.files.map((upload) =>
        el(
          "li",
          {},
          icon("file"),
          el("span", { class: "filename" }, upload.name),
          el("span", { class: "muted" }, describeBytes(upload.size)),
          el(
            "button",
            {
              type: "button",
              class: "icon-button",
              aria: { label: say("composer.removeFile", { name: upload.name }) },
              on: { click: () => this.#drop(upload) },
            },
            icon("close"),
          ),
        ),
      ),
    );
  }
}
