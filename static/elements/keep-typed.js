// What is typed into the part `data-keep-typed` while an answer for it is on its way stays when it comes.
(() => {
  const controls = (part) => part.querySelectorAll("select[id], textarea[id], input[id]");
  const said = (control) => (control.type === "checkbox" ? control.checked : control.value);
  const part = (event) => (event.detail.target?.matches?.("[data-keep-typed]") ? event.detail.target : null);
  let sent = new Map();
  let typed = new Map();

  document.addEventListener("htmx:beforeRequest", (event) => {
    const asked = part(event);
    if (asked) sent = new Map([...controls(asked)].map((control) => [control.id, said(control)]));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const old = part(event);
    if (!old) return;
    const later = [...controls(old)].filter((control) => sent.has(control.id) && sent.get(control.id) !== said(control));
    typed = new Map(later.map((control) => [control.id, said(control)]));
  });
  document.addEventListener("htmx:afterSettle", () => {
    const later = typed;
    typed = new Map();
    for (const [id, value] of later) {
      const control = document.getElementById(id);
      if (!control) continue;
      if (control.type === "checkbox") control.checked = value;
      else control.value = value;
      for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
    }
  });
})();
