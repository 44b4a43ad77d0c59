// The form of the bot's that is open in this tab, at most one.

import { openModalForm } from "./modal_form.js";

/** Shows forms as they come, and sends them. */
export class Modals {
  constructor(app) {
    this.app = app;
    this.open = null;
  }

  /** Show a form, if it was asked for in this tab; a reload is the same tab. */
  show({ interaction_id: id, nonce, modal }) {
    const { state, uploads, actions, connection } = this.app;
    if (nonce && !connection.outbox.isOurs(nonce)) return;
    // A new snapshot has it once more, and somebody may have begun to fill it in.
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
