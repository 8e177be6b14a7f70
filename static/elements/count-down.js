// `<count-down data-left="252" data-words="in {}" data-over="now">`: counts seconds, from the server's clock.
customElements.define("count-down", class extends HTMLElement {
  connectedCallback() {
    this.end = performance.now() + Number(this.dataset.left) * 1000;
    this.timer = setInterval(() => this.tick(), 1000);
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    const left = Math.max(0, Math.round((this.end - performance.now()) / 1000));
    const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    const clock = shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
    this.textContent = left ? this.dataset.words.replace("{}", clock) : this.dataset.over;
  }
});
