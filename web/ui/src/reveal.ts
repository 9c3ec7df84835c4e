// A password is shown on request.
import { feature } from "./features";
import { word } from "./words";

feature("[data-reveal]", (button, signal) => {
  const input = document.getElementById(button.dataset.reveal ?? "");
  if (!(input instanceof HTMLInputElement)) return;
  button.hidden = false;
  const show = (on: boolean): void => {
    input.type = on ? "text" : "password";
    button.textContent = word(on ? "conceal" : "reveal");
    button.setAttribute("aria-pressed", String(on));
  };
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  }, { signal });
  input.form?.addEventListener("submit", () => show(false), { signal }); // browsers keep passwords of password fields only
});
