// Forms with data-quiet are sent without leaving the page: what happened is said in a toast, with a way back where there
// is one. Without scripts they lead to a page as all forms do.
import { showCartCount } from "./actions";
import { keepDraft } from "./drafts";
import { byField, markFields, type Problem } from "./field_errors";
import { busy, rest } from "./forms";
import { toast } from "./toast";
import { word } from "./words";

interface Done {
  text?: string;
  cart_count?: number;
  undo?: { action: string; fields: [string, string][] };
}

/** Told to the document when a quiet form has done its work. */
export interface Finished {
  action: string;
}

async function send(action: string, body: URLSearchParams): Promise<Response> {
  return fetch(action, { method: "POST", headers: { Accept: "application/json" }, body, signal: AbortSignal.timeout(30_000) });
}

function finish(action: string, done: Done): void {
  if (done.cart_count !== undefined) showCartCount(done.cart_count);
  const { undo } = done;
  if (done.text) {
    toast(done.text, undo ? { undo: () => void send(undo.action, new URLSearchParams(undo.fields)).then((answer) => answered(undo.action, answer)).catch(() => toast(word("failed_network"), { kind: "danger" })) } : {});
  }
  document.dispatchEvent(new CustomEvent<Finished>("crateful:done", { detail: { action } }));
}

async function answered(action: string, answer: Response): Promise<void> {
  if (answer.ok) finish(action, (await answer.json()) as Done);
  else toast(((await answer.json().catch(() => ({}))) as Problem).detail ?? word("failed"), { kind: "danger" });
}

async function submit(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const data = new FormData(form, submitter);
  const body = new URLSearchParams([...data].map(([name, value]): [string, string] => [name, String(value)]));
  const action = (submitter instanceof HTMLButtonElement && submitter.getAttribute("formaction")) || form.action;
  busy(form, submitter ?? undefined);
  try {
    const answer = await send(action, body);
    if (answer.status === 401) {
      keepDraft(form);
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (!answer.ok) {
      const problem = (await answer.json().catch(() => ({}))) as Problem;
      const wrong = byField(problem);
      markFields(form, [...data.keys()], wrong);
      const field = form.querySelector<HTMLElement>("[aria-invalid=true]");
      if (field) field.focus();
      else toast(Object.values(wrong).join(" ") || problem.detail || word("failed"), { kind: "danger" });
      return;
    }
    form.closest("dialog")?.close();
    finish(new URL(action, location.href).pathname, (await answer.json()) as Done);
  } catch {
    toast(word("failed_network"), { kind: "danger" });
  } finally {
    rest(form);
  }
}

addEventListener(
  "submit",
  (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("[data-quiet]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void submit(form, event.submitter);
  },
  true,
);
