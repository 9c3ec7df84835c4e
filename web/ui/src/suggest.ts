// Lines under the search box while one types. Without scripts, or when they do not arrive, it is a plain search box.
import { visit } from "@hotwired/turbo";
import { announce } from "./announce";
import { feature } from "./features";
import { word } from "./words";

const typing = 120; // ms after the last key

interface Suggestion {
  kind: string;
  text: string;
  detail?: string;
  url: string;
}

let made = 0;

feature("form[data-suggest]", (form, signal) => {
  const input = form.querySelector<HTMLInputElement>("input[name=q]");
  if (!input) return;
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = `suggest-${++made}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent ?? "");
  list.hidden = true;
  form.append(list);
  signal.addEventListener("abort", () => list.remove());
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | undefined;
  let found: Suggestion[] = [];
  let at = -1;

  const close = (): void => {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index: number): void => {
    at = index;
    [...list.children].forEach((line, i) => line.setAttribute("aria-selected", String(i === at)));
    const line = list.children[at];
    if (line) {
      input.setAttribute("aria-activedescendant", line.id);
      line.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const open = (url: string): void => {
    close();
    if (url.startsWith("/") && !url.startsWith("//")) visit(url);
  };
  const show = (items: Suggestion[]): void => {
    found = items;
    at = -1;
    list.replaceChildren(
      ...items.map((item, i) => {
        const line = document.createElement("li");
        line.id = `${list.id}-${i}`;
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", "false");
        const part = (text: string, muted: boolean): HTMLElement => {
          const span = document.createElement("span");
          span.textContent = text;
          if (muted) span.className = "muted";
          else span.dir = "auto";
          return span;
        };
        line.append(part(word(`suggest_${item.kind}`), true), part(item.text, false), part(item.detail ?? "", true));
        return line;
      }),
    );
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(items.length > 0));
    if (items.length) announce(word("suggest_some", { count: items.length }));
  };
  const look = async (): Promise<void> => {
    const words = input.value.trim();
    asking?.abort();
    if (words.length < 2) {
      close();
      return;
    }
    asking = new AbortController();
    try {
      const answer = await fetch(`/api/v1/suggest?q=${encodeURIComponent(words)}`, { signal: AbortSignal.any([asking.signal, signal, AbortSignal.timeout(3000)]) });
      if (!answer.ok) return;
      const { items } = (await answer.json()) as { items: Suggestion[] | null };
      if (document.activeElement === input && input.value.trim() === words) show((items ?? []).slice(0, 8));
    } catch {
      // A search box without suggestions still searches.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), typing);
  }, { signal });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) {
        void look();
        return;
      }
      clearTimeout(timer); // what one chooses from stays
      asking?.abort();
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are lines: the text as it was typed.
      choose(((at + 1 + step + found.length + 1) % (found.length + 1)) - 1);
    } else if (event.key === "Enter") {
      const item = list.hidden ? undefined : found[at];
      if (!item) {
        close();
        return;
      }
      event.preventDefault();
      open(item.url);
    }
  }, { signal });
  input.addEventListener("blur", close, { signal });
  list.addEventListener("pointerdown", (event) => event.preventDefault(), { signal }); // the focus stays in the box
  list.addEventListener("click", (event) => {
    const line = (event.target as Element).closest("li");
    const item = line && found[[...list.children].indexOf(line)];
    if (item) open(item.url);
  }, { signal });
  document.addEventListener("turbo:before-cache", close, { signal });
});
