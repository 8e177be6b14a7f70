/* Names the admin's search boxes: select2 hides the labelled <select> and shows a nameless box. */

function nameOf(select) {
  const own = select.getAttribute("aria-label");
  const label = select.labels && select.labels[0];
  return own || (label ? label.textContent.trim().replace(/:$/, "") : "");
}

function nameBoxes(root) {
  for (const select of root.querySelectorAll("select.admin-autocomplete")) {
    const box = select.nextElementSibling?.querySelector(".select2-selection");
    if (box && !box.hasAttribute("aria-label")) {
      box.removeAttribute("aria-labelledby");
      box.setAttribute("aria-label", nameOf(select));
      box.querySelector("[role=textbox]")?.setAttribute("aria-label", nameOf(select));
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  nameBoxes(document);
  new MutationObserver(() => nameBoxes(document)).observe(document.body, { childList: true, subtree: true });
});
