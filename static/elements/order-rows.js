// `<order-rows for="fields-group">` gives each row of that group of forms two buttons that move it up and down, and
// numbers the rows anew by their place. It holds the words; what was moved is said inside of it, a live region.
customElements.define("order-rows", class extends HTMLElement {
  connectedCallback() {
    const group = document.getElementById(this.getAttribute("for"));
    const rows = () => [...group.querySelectorAll("tbody tr.form-row:not(.empty-form)")];
    const typed = (row, name) => row.querySelector(`[name$="-${name}"]`);
    // A row that nobody has filled in stays empty, so that it is not taken for a field.
    const number = () => rows().filter((row) => typed(row, "key").value).forEach((row, place) => { typed(row, "position").value = place + 1; });
    const move = (row, step, button) => {
      const all = rows();
      const other = all[all.indexOf(row) + step];
      if (!other) return;
      if (step < 0) other.before(row); else other.after(row);
      number();
      button.focus();
      const said = { name: typed(row, "label").value, place: rows().indexOf(row) + 1, all: all.length };
      this.textContent = this.getAttribute("moved").replace(/\{(\w+)\}/g, (_all, key) => said[key]);
    };
    const equip = (row) => {
      const cell = typed(row, "position").parentElement;
      if (cell.querySelector(".move")) return;
      const make = (sign, words, step) => {
        const button = Object.assign(document.createElement("button"), { type: "button", className: "move", textContent: sign });
        const name = () => { button.ariaLabel = `${words}: ${typed(row, "label").value}`; };
        name();
        typed(row, "label").addEventListener("input", name);
        button.addEventListener("click", () => move(row, step, button));
        return button;
      };
      cell.append(make("↑", this.getAttribute("up"), -1), make("↓", this.getAttribute("down"), 1));
    };
    rows().forEach(equip);
    document.addEventListener("formset:added", (event) => { if (group.contains(event.target)) equip(event.target); });
  }
});
