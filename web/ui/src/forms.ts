// A form goes once: its buttons rest until the answer is there, and say what they do. Errors get the focus.
import { feature } from "./features";

document.addEventListener("turbo:submit-start", (event) => {
  const { formSubmission } = (event as CustomEvent<{ formSubmission: { formElement: HTMLFormElement; submitter?: HTMLElement } }>).detail;
  busy(formSubmission.formElement, formSubmission.submitter);
});
document.addEventListener("turbo:submit-end", (event) => {
  const { formSubmission } = (event as CustomEvent<{ formSubmission: { formElement: HTMLFormElement } }>).detail;
  rest(formSubmission.formElement);
});
// Forms that leave for another site are not Turbo's.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.dataset.turbo !== "false" || form.method === "dialog") return;
  if ("going" in form.dataset) { // a second press before the button rests
    event.preventDefault();
    return;
  }
  if (form.method === "post") form.dataset.going = "";
  const submitter = event.submitter as HTMLElement | null;
  setTimeout(() => busy(form, submitter ?? undefined)); // its own value is sent first
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) rest(form);
});

function buttonsOf(form: HTMLFormElement): HTMLButtonElement[] {
  return [...form.elements].filter((e): e is HTMLButtonElement => e instanceof HTMLButtonElement && e.type === "submit");
}

/** Lets a form rest while it is on its way. */
export function busy(form: HTMLFormElement, submitter?: HTMLElement): void {
  if (form.method.toLowerCase() === "get") return;
  for (const button of buttonsOf(form)) {
    if (button.disabled) continue;
    button.disabled = true;
    button.dataset.waiting = "";
  }
  if (submitter instanceof HTMLButtonElement && submitter.dataset.busy) {
    submitter.dataset.rest = submitter.textContent ?? "";
    submitter.textContent = submitter.dataset.busy;
  }
}

/** Lets a form be sent again. */
export function rest(form: HTMLFormElement): void {
  delete form.dataset.going;
  for (const button of buttonsOf(form)) {
    if (!("waiting" in button.dataset)) continue;
    delete button.dataset.waiting;
    button.disabled = false;
    if (button.dataset.rest !== undefined) {
      button.textContent = button.dataset.rest;
      delete button.dataset.rest;
    }
  }
}

feature("[data-form-errors]", (box) => box.focus());
