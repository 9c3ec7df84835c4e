// What a person typed survives an ended session: it is kept in this tab until the form is back after signing in.
import { feature } from "./features";
import { toast } from "./toast";
import { word } from "./words";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function place(form: HTMLFormElement): string {
  return `crateful.draft:${form.getAttribute("action") ?? ""}`;
}

function fields(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((e): e is Field => {
    if (e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement) return e.name !== "";
    return e instanceof HTMLInputElement && e.name !== "" && !["hidden", "password", "file", "submit"].includes(e.type);
  });
}

function chosen(field: Field): boolean {
  return field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio");
}

/** Keeps what is typed in a form; passwords are never kept. */
export function keepDraft(form: HTMLFormElement): void {
  const kept = fields(form).map((f) => [f.name, f.value, chosen(f) ? (f as HTMLInputElement).checked : null]);
  try {
    sessionStorage.setItem(place(form), JSON.stringify(kept));
  } catch {
    // Without room the form is as empty as it was before there were drafts.
  }
}

interface SubmitDetail {
  formSubmission: { formElement: HTMLFormElement };
  fetchResponse?: { response: Response };
}

document.addEventListener("turbo:submit-start", (event) => {
  const { formElement } = (event as CustomEvent<SubmitDetail>).detail.formSubmission;
  if (formElement.matches("[data-draft]")) keepDraft(formElement);
});
document.addEventListener("turbo:submit-end", (event) => {
  const { formSubmission, fetchResponse } = (event as CustomEvent<SubmitDetail>).detail;
  if (!formSubmission.formElement.matches("[data-draft]")) return;
  const signIn = fetchResponse !== undefined && new URL(fetchResponse.response.url).pathname === "/sign-in";
  if (!signIn) sessionStorage.removeItem(place(formSubmission.formElement));
});

feature("form[data-draft]", (element) => {
  if (document.documentElement.hasAttribute("data-turbo-preview")) return;
  const form = element as HTMLFormElement;
  const text = sessionStorage.getItem(place(form));
  if (!text) return;
  sessionStorage.removeItem(place(form));
  const kept = JSON.parse(text) as [string, string, boolean | null][];
  const fieldsNow = fields(form);
  let changed = false;
  kept.forEach(([name, value, checked]) => {
    const field = fieldsNow.find((f) => f.name === name && (checked === null || f.value === value));
    if (!field) return;
    if (checked !== null && field instanceof HTMLInputElement) {
      if (field.checked === checked) return;
      field.checked = checked;
    } else {
      if (field.value === value) return;
      field.value = value;
    }
    changed = true;
    field.closest("details")?.setAttribute("open", "");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  if (changed) setTimeout(() => toast(word("draft_back"), { kind: "warn" })); // after the page's own messages
});
