// Parts that keep themselves up to date: an element with `data-live` that htmx asks for, again and again.
// A hidden page asks nothing, nor does one that the button `data-pause` stopped. What cannot be had is said
// in the element's `.lost`; a sign-in page is never put into its place.
(() => {
  const AGAIN = 10000;
  let paused = false;

  const asker = (event) => {
    const element = event.detail.requestConfig?.elt;
    return element?.matches("[data-live]") ? element : null;
  };
  const ask = () => document.querySelectorAll("[data-live]").forEach((part) => window.htmx.trigger(part, "live"));
  const say = (part, lost) => part.querySelectorAll(".lost").forEach((words) => { words.hidden = !lost; });

  const lose = (event) => {
    const part = asker(event);
    if (!part) return;
    say(part, true);
    setTimeout(ask, AGAIN);
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (asker(event) && (paused || document.hidden)) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = asker(event);
    if (!part) return;
    const { xhr, pathInfo } = event.detail;
    const elsewhere = new URL(xhr.responseURL).pathname !== new URL(pathInfo.finalRequestPath, xhr.responseURL).pathname;
    if (elsewhere) event.detail.shouldSwap = false;
    if (elsewhere) lose(event);
    else say(part, false);
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, lose);
  document.addEventListener("visibilitychange", () => document.hidden || ask());

  document.querySelectorAll("[data-pause]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      paused = !paused;
      button.setAttribute("aria-pressed", String(paused));
      if (!paused) ask();
    });
  });
})();
