// `<insert-names>` with codes: each becomes a button that writes its text at the caret of the field (class
// `mono`) of its fieldset that was in use last; names that are not ticked are left out. A field that shows a
// standard text gets a button that fills it in, to be changed. A long tick-list gets a search box.
customElements.define("insert-names", class extends HTMLElement {
  connectedCallback() {
    const [form, set] = [this.closest("form"), this.closest("fieldset")];
    const fields = [...set.querySelectorAll(".mono")];
    let field;
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
    this.querySelectorAll("code").forEach((code) => code.replaceWith(button(code.textContent, { value: code.dataset.tick, ariaLabel: `${this.getAttribute("insert")} ${code.textContent}` }, (event) => {
      if (!field?.offsetParent) field = fields.findLast((each) => each.offsetParent);
      write(event.target.textContent, field.selectionStart, field.selectionEnd);
    })));
    const sent = (tick) => !tick || form.querySelector("[name$=-everything][value=yes]:checked") || set.querySelector(`input[value="${tick}"]:checked`);
    const show = () => this.querySelectorAll("button").forEach((name) => { name.hidden = !sent(name.value); });
    // A long tick-list gets a box that leaves those whose words hold what is typed.
    const ticks = [...set.querySelectorAll(".ticks > div")];
    if (ticks.length > 12) {
      const find = Object.assign(document.createElement("input"), { type: "search", className: "find-ticks", placeholder: this.getAttribute("find"), ariaLabel: this.getAttribute("find") });
      find.addEventListener("input", (event) => {
        event.stopPropagation();
        ticks.forEach((tick) => { tick.hidden = !tick.textContent.toLowerCase().includes(find.value.trim().toLowerCase()); });
      });
      find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
      ticks[0].parentElement.before(find);
    }
    form.addEventListener("change", show);
    show();
    fields.forEach((each) => {
      each.addEventListener("focus", () => { field = each; });
      each.after(button(this.getAttribute("own"), { className: "chip own", ariaDescription: each.labels[0].textContent }, () => { field = each; write(each.placeholder, 0, 0); }));
    });
  }
});
