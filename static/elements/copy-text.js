// `<copy-text for="id" done="Copied"><button type="button" hidden>Copy</button></copy-text>`: copies the text
// of that element and says so. The button shows only where a script may copy: over https, or on this machine.
customElements.define("copy-text", class extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard) return;
    const button = this.querySelector("button");
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(this.getAttribute("for")).textContent);
      button.textContent = this.getAttribute("done");
      setTimeout(() => { button.textContent = words; }, 2000);
    });
  }
});
