// The files to attach to the next message.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { notify } from "./notices.js";
import { describeBytes } from "./sizes.js";
import { say } from "./words.js";

/** Holds uploads until the message is sent. */
export class AttachmentTray {
  constructor(uploads, state) {
    this.uploads = uploads;
    this.state = state;
    this.files = [];
    this.root = el("ul", { class: "tray", aria: { label: say("composer.files") }, hidden: true });
  }

  /** Start the upload of a file; return false if the message can have no more files. */
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

  /** Return the files and clear the tray. */
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
