/* A button that shows what is typed into the password field inside. Without JavaScript there is none. */

class ShowPassword extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    if (!input || this.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    const set = (shown) => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? this.dataset.hide : this.dataset.show;
      button.setAttribute("aria-label", shown ? this.dataset.hideName : this.dataset.showName);
    };
    button.addEventListener("click", () => set(input.type === "password"));
    // Browsers remember what they see in text fields.
    input.form?.addEventListener("submit", () => set(false));
    set(false);
    this.append(button);
  }
}

customElements.define("show-password", ShowPassword);
