// The bot's open modal in this tab, at most one.

import { openModalForm } from "./modal_form.js";

/** Shows and submits modals. */
export class Modals {
  constructor(app) {
    this.app = app;
    this.open = null;
  }

  /** Show a modal if this tab requested it; a reloaded tab is the same tab. */
  show({ interaction_id: id, nonce, modal }) {
    const { state, uploads, actions, connection } = this.app;
    if (nonce && !connection.outbox.isOurs(nonce)) return;
    // A new snapshot contains it again, and it may be partly filled in.
    if (this.open && this.id === id) return;
    this.open?.close();
    const end = () => (this.open = null);
    this.id = id;
    this.open = openModalForm(modal, {
      state,
      uploads,
      submit: (values, files) => actions.submitModal(id, values, files).then(end),
      onClose: () => {
        end();
        actions.run("close_modal", { interaction_id: id });
      },
    });
  }
}
