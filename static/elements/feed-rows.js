// The feed's rows: tick all, the count of ticked ones, and keys, which `?` shows. A letter does nothing while somebody
// types, chooses or holds another key; `a`, `r` and `x` are about the lead whose row has the focus. Letters can be
// turned off, which the device remembers. After an answer the focus is in the row that took the place.
(() => {
  const form = document.querySelector("[data-rows]");
  if (!form) return;
  const OFF = "leadflip-keys-off";
  const ROW = "leadflip-row";
  const rows = [...form.querySelectorAll("tbody tr")];
  const box = (row) => row.querySelector("[name=lead]");
  const link = (row) => row?.querySelector("a.name");
  const ticked = () => rows.filter((row) => box(row).checked);
  const all = form.querySelector("[data-all]");
  const count = form.querySelector("[data-count]");
  const reject = form.querySelector(".bar details");
  const help = document.querySelector("dialog.keys");
  const here = () => rows.indexOf(document.activeElement.closest("tr"));

  const tell = () => {
    const n = ticked().length;
    all.checked = n === rows.length;
    all.indeterminate = n > 0 && n < rows.length;
    count.textContent = n === 1 ? count.dataset.one : count.dataset.many.replace("{}", n);
  };
  all.parentElement.hidden = false;
  all.addEventListener("change", () => rows.forEach((row) => { box(row).checked = all.checked; }));
  form.addEventListener("change", tell);
  tell();

  const go = (step) => {
    const at = here();
    link(rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)])?.focus();
  };
  const act = {
    j: () => go(1),
    k: () => go(-1),
    a: (row) => row?.querySelector("[name=accept]").click(),
    x: (row) => row && box(row).click(),
    r: (row) => {
      if (row && !ticked().length) box(row).click();
      if (!ticked().length) return;
      reject.open = true;
      reject.querySelector("select").focus();
    },
    "?": () => help.showModal(),
  };
  const typing = (target) => target.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat && event.key === "a" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (help.open || typing(event.target)) return;
    const at = here();
    const arrow = at < 0 ? 0 : { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const letter = act[event.key];
    if (!arrow && (!letter || (localStorage.getItem(OFF) && event.key !== "?"))) return;
    event.preventDefault();
    if (arrow) go(arrow);
    else letter(rows[at]);
  });
  form.addEventListener("submit", () => sessionStorage.setItem(ROW, Math.max(here(), 0)));
  const left = sessionStorage.getItem(ROW);
  sessionStorage.removeItem(ROW);
  if (left !== null && !document.querySelector("[role=alert]")) link(rows[Math.min(left, rows.length - 1)])?.focus();

  const keys = form.querySelector("[data-keys]");
  keys.hidden = false;
  keys.addEventListener("click", act["?"]);
  const off = help.querySelector("[data-off]");
  const show = () => off.setAttribute("aria-pressed", String(Boolean(localStorage.getItem(OFF))));
  off.addEventListener("click", () => {
    if (localStorage.getItem(OFF)) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    show();
  });
  show();
})();
