// `<order-rows for="fields-group">` lets each row of that group of forms be dragged by its grip, or moved up and down
// by two buttons, and numbers the rows anew by their place. It holds the words; what was moved is said inside of it,
// a live region. Fingers and keys have the buttons.
customElements.define("order-rows", class extends HTMLElement {
  connectedCallback() {
    const group = document.getElementById(this.getAttribute("for"));
    const rows = () => [...group.querySelectorAll("tbody tr.form-row:not(.empty-form)")];
    const typed = (row, name) => row.querySelector(`[name$="-${name}"]`);
    // A row that nobody has filled in stays empty, so that it is not taken for a field.
    const number = () => rows().filter((row) => typed(row, "key").value).forEach((row, place) => { typed(row, "position").value = place + 1; });
    const moved = (row) => {
      number();
      const said = { name: typed(row, "label").value, place: rows().indexOf(row) + 1, all: rows().length };
      this.textContent = this.getAttribute("moved").replace(/\{(\w+)\}/g, (_all, key) => said[key]);
    };
    const move = (row, step, button) => {
      const all = rows();
      const other = all[all.indexOf(row) + step];
      if (!other) return;
      if (step < 0) other.before(row); else other.after(row);
      button.focus();
      moved(row);
    };

    let dragged = null;
    let home = null; // What stood behind the dragged row.
    const drag = (event, row) => {
      dragged = row;
      home = row.nextSibling;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", typed(row, "label").value);
      event.dataTransfer.setDragImage(row, 0, 0);
      row.classList.add("dragged");
    };
    const over = (event) => {
      if (!dragged) return;
      event.preventDefault();
      const row = event.target.closest("tr.form-row:not(.empty-form)");
      if (!row || row === dragged) return;
      const box = row.getBoundingClientRect();
      if (event.clientY < box.top + box.height / 2) row.before(dragged); else row.after(dragged);
    };
    const end = (event) => {
      if (!dragged) return;
      dragged.classList.remove("dragged");
      // Esc, or let go elsewhere: back to where it was.
      if (event.dataTransfer.dropEffect === "none") home.before(dragged);
      else if (dragged.nextSibling !== home) moved(dragged);
      dragged = null;
    };
    group.addEventListener("dragover", over);
    group.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
    group.addEventListener("dragend", end);

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
      const grip = Object.assign(document.createElement("span"), { className: "grip", draggable: true, title: this.getAttribute("drag"), textContent: "⠿" });
      grip.ariaHidden = "true";
      grip.addEventListener("dragstart", (event) => drag(event, row));
      cell.append(grip, make("↑", this.getAttribute("up"), -1), make("↓", this.getAttribute("down"), 1));
    };
    rows().forEach(equip);
    document.addEventListener("formset:added", (event) => { if (group.contains(event.target)) equip(event.target); });
  }
});
