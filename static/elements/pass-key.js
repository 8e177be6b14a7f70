// `<pass-key data-act="create|get" data-options="{…}" data-unable data-closed data-known data-failed>` around a form
// with a hidden `credential`, and a `role=status`: before the form is sent, the device is asked for a passkey. What
// goes wrong is said in place. Without a script the form goes as it is, and the server says that nothing came.
customElements.define("pass-key", class extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => {
      // A second click would find the question of this page answered.
      if (this.busy) return event.preventDefault();
      this.busy = true;
      const { credential, password } = this.form.elements;
      // Made already, or refused anyway.
      if (credential.value || (password && !password.value)) return;
      event.preventDefault();
      this.ask();
    });
    // Back to a page that was sent: its question is an old one.
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  async ask() {
    this.say("");
    try {
      const made = await window.webauthnJSON[this.dataset.act](JSON.parse(this.dataset.options));
      this.form.elements.credential.value = JSON.stringify(made);
    } catch (error) {
      this.say(this.words(error));
    }
    this.busy = false;
    if (this.form.elements.credential.value) this.form.requestSubmit();
  }

  words(error) {
    if (!window.PublicKeyCredential || error.name === "SecurityError") return this.dataset.unable;
    const known = { NotAllowedError: "closed", AbortError: "closed", InvalidStateError: "known" };
    return this.dataset[known[error.name] || "failed"];
  }

  say(words) {
    this.querySelector(":scope > [role=status]").textContent = words;
  }
});
