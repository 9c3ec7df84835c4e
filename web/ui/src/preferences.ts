// Theme and density change at once; the form behind keeps them in a cookie and with the account.
import { feature } from "./features";

feature("form[data-preferences]", (form, signal) => {
  form.addEventListener("submit", (event) => {
    const button = (event as SubmitEvent).submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const root = document.documentElement;
    if (button.name === "theme") {
      if (button.value === "system") delete root.dataset.theme;
      else root.dataset.theme = button.value;
      for (const other of form.querySelectorAll("[name=theme]")) other.setAttribute("aria-pressed", String(other === button));
    } else if (button.name === "density") {
      const compact = button.value === "compact";
      if (compact) root.dataset.density = "compact";
      else delete root.dataset.density;
      button.setAttribute("aria-pressed", String(compact));
    }
    const body = new URLSearchParams({ [button.name]: button.value });
    if (button.name === "density") button.value = button.value === "compact" ? "comfortable" : "compact";
    void fetch("/preferences", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => undefined);
  }, { signal, capture: true });
});
