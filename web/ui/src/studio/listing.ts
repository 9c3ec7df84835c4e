// The listing saves itself: what changed goes to the server half a second after the last key, and again until it is there.
import { feature } from "../features";
import { keepDraft } from "../drafts";
import { byField, markFields, type Problem } from "../field_errors";
import { icon } from "../icon";
import { word } from "../words";
import { answered, ended, session, whenSignedIn } from "./api";

const pause = 500; // ms

interface Saved {
  title: string;
  receive?: string;
}

feature("[data-autosave]", (element, signal) => {
  const form = element as HTMLFormElement;
  const changed = new Set<string>();
  let sending: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  form.querySelector<HTMLElement>("[data-autosave-button]")?.setAttribute("hidden", "");

  const later = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void save(), ms);
  };
  const note = (event: Event): void => {
    const field = event.target as HTMLInputElement;
    if (!field.name) return;
    changed.add(field.name);
    later(event.type === "change" ? 0 : pause);
  };
  form.addEventListener("input", note, { signal });
  form.addEventListener("change", note, { signal });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    later(0);
  }, { signal, capture: true });
  addEventListener("beforeunload", (event) => {
    if (changed.size || sending.length) event.preventDefault();
  }, { signal });
  // Whoever leaves the page within the half second loses nothing.
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    const names = [...changed, ...sending];
    if (names.length) void fetch(form.action, { method: "POST", body: bodyOf(names), headers: { Accept: "application/json" }, keepalive: true }).catch(() => undefined);
  });

  function bodyOf(names: string[]): URLSearchParams {
    const all = new FormData(form);
    const body = new URLSearchParams();
    for (const name of new Set(names)) for (const value of all.getAll(name)) body.append(name, String(value));
    if (names.includes("rights")) body.append("rights_shown", "1");
    return body;
  }

  async function save(): Promise<void> {
    if (sending.length || changed.size === 0) return;
    const names = [...changed];
    const began = session();
    let wait = pause;
    sending = names;
    changed.clear();
    try {
      const answer = await fetch(form.action, { method: "POST", body: bodyOf(names), headers: { Accept: "application/json" }, signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]) });
      if (answer.ok) {
        answered(began);
        const saved = (await answer.json()) as Saved;
        markFields(form, names, {});
        told(saved, names);
        status(word("saved_at", { at: new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }) }), "ok");
        document.dispatchEvent(new CustomEvent("crateful:done", { detail: { action: "listing" } }));
      } else if (answer.status === 401) {
        for (const name of names) changed.add(name);
        keepDraft(form); // in case they leave this page to sign in
        status(word("not_saved"), "warn");
        ended(began);
        sending = [];
        await whenSignedIn(signal);
        sessionStorage.removeItem(`crateful.draft:${form.getAttribute("action") ?? ""}`);
      } else if (answer.status >= 500 || answer.status === 429) {
        wait = again(names);
      } else {
        markFields(form, names, byField((await answer.json()) as Problem));
        status(word("not_valid"), "danger");
      }
    } catch (error) {
      if ((error as Error).name !== "AbortError") wait = again(names);
    } finally {
      sending = [];
      if (changed.size && !signal.aborted) later(wait);
    }
  }

  function again(names: string[]): number {
    for (const name of names) changed.add(name);
    status(word("not_saved"), "warn");
    return 3000;
  }
});

function told(saved: Saved, names: string[]): void {
  const title = document.querySelector("[data-bench-title]");
  if (title && names.includes("title")) title.textContent = saved.title;
  const receive = document.querySelector("[data-receive]");
  if (receive && names.includes("price")) receive.textContent = saved.receive ?? "";
}

function status(text: string, kind: "ok" | "warn" | "danger"): void {
  const place = document.querySelector<HTMLElement>("[data-saved]");
  if (!place) return;
  place.className = `state state-${kind}`;
  place.replaceChildren(icon(kind === "ok" ? "check" : "warn"), text);
}
