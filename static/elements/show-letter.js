// `<show-letter><button></show-letter>`: presses the button, which posts the form into the frame beside it, as
// soon as it stands in the page, and so shows the letter without being asked.
customElements.define("show-letter", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.form.requestSubmit(button);
    this.hidden = true;
  }
});
