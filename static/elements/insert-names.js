// `<insert-names>` with codes: each becomes a button that writes its text at the caret of the field (class
// `mono`) of its fieldset that was in use last; names that are not ticked are left out. A field that shows a
// standard text gets a button that fills it in, to be changed.
customElements.define("insert-names", class extends HTMLElement {
  connectedCallback() {
    const [form, set] = [this.closest("form"), this.closest("fieldset")];
    const fields = [...set.querySelectorAll(".mono")];
    let field = fields.at(-1);
    const write = (words, from, to) => {
      field.focus();
      field.setRangeText(words, from, to, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const button = (words, more, act) => {
      const made = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: words, ...more });
      made.addEventListener("click", act);
      return made;
    };
    this.querySelectorAll("code").forEach((code) => code.replaceWith(button(code.textContent, { value: code.dataset.tick, ariaLabel: `${this.getAttribute("insert")} ${code.textContent}` }, (event) => write(event.target.textContent, field.selectionStart, field.selectionEnd))));
    const sent = (tick) => !tick || form.querySelector("[name$=-everything][value=yes]:checked") || set.querySelector(`input[value="${tick}"]:checked`);
    const show = () => this.querySelectorAll("button").forEach((name) => { name.hidden = !sent(name.value); });
    form.addEventListener("change", show);
    show();
    fields.forEach((each) => {
      each.addEventListener("focus", () => { field = each; });
      each.after(button(this.getAttribute("own"), { className: "chip own", ariaDescription: each.labels[0].textContent }, () => { field = each; write(each.placeholder, 0, 0); }));
    });
  }
});
