// Lines under the search box while one types, and one's past searches before. Without scripts, or when they do not arrive, it is a
// plain search box.
import { visit } from "@hotwired/turbo";
import { announce } from "./announce";
import { feature } from "./features";
import { Lookup, type Suggestion } from "./lookup";
import { Past } from "./past";
import { toast } from "./toast";
import { word } from "./words";

const past = new Past(localStorage);
const pastShown = 6; // with nothing typed
const pastBeside = 2; // above what is found

let made = 0;

feature("form[data-suggest]", (element, signal) => {
  const form = element as HTMLFormElement;
  const input = form.querySelector<HTMLInputElement>("input[name=q]");
  if (!input) return;
  const box = document.createElement("div");
  box.className = "suggest";
  box.hidden = true;
  const list = document.createElement("ul");
  list.id = `suggest-${++made}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent ?? "");
  const foot = document.createElement("div");
  foot.className = "suggest-foot";
  box.append(list, foot);
  form.append(box);
  signal.addEventListener("abort", () => box.remove());
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  let lines: Suggestion[] = [];
  let found: Suggestion[] = [];
  let at = -1;

  const close = (): void => {
    lookup.stop();
    box.hidden = list.hidden = true;
    choose(-1);
    input.setAttribute("aria-expanded", "false");
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
  const open = (item: Suggestion): void => {
    if (item.kind === "past") past.add(item.text);
    close();
    if (item.url.startsWith("/") && !item.url.startsWith("//")) visit(item.url);
  };
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "btn btn-text";
    b.textContent = text;
    b.addEventListener("click", act);
    return b;
  };
  const footer = (): void => {
    const said = (text: string): void => {
      toast(text);
      input.focus();
      show();
    };
    const buttons: HTMLButtonElement[] = [];
    if (!past.kept) buttons.push(button(word("past_keep"), () => (past.keep(true), said(word("past_kept")))));
    else if (past.all().length) {
      buttons.push(button(word("past_clear"), () => (past.clear(), said(word("past_cleared")))));
      buttons.push(button(word("past_stop"), () => (past.keep(false), said(word("past_stopped")))));
    }
    foot.replaceChildren(...(input.value.trim() ? [] : buttons));
    foot.hidden = foot.childElementCount === 0;
  };
  const lineOf = (item: Suggestion): HTMLLIElement => {
    const line = document.createElement("li");
    line.setAttribute("role", "option");
    line.dataset.key = `${item.kind} ${item.url}`;
    const part = (text: string, muted: boolean): HTMLElement => {
      const span = document.createElement("span");
      span.textContent = text;
      if (muted) span.className = "muted";
      span.dir = "auto";
      return span;
    };
    line.append(part(word(`suggest_${item.kind}`), true), part(item.text, false), part(item.detail ?? "", true));
    return line;
  };
  // What is there already stays where it is, with the choice on it: nothing flickers.
  const show = (): void => {
    const typed = input.value.trim();
    const before = list.children[at] as HTMLElement | undefined;
    const own = past.near(typed, typed ? pastBeside : pastShown).map((text) => ({ kind: "past", text, url: `/search?${new URLSearchParams({ q: text })}` }));
    lines = [...own, ...found];
    const old = new Map([...list.children].map((line) => [(line as HTMLElement).dataset.key, line as HTMLLIElement]));
    list.replaceChildren(...lines.map((item) => old.get(`${item.kind} ${item.url}`) ?? lineOf(item)));
    [...list.children].forEach((line, i) => (line.id = `${list.id}-${i}`));
    choose(before ? [...list.children].indexOf(before) : -1);
    footer();
    list.hidden = lines.length === 0;
    box.hidden = lines.length === 0 && foot.hidden;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const lookup = new Lookup(
    async (words, asked) => {
      const answer = await fetch(`/api/v1/suggest?q=${encodeURIComponent(words)}`, { signal: AbortSignal.any([asked, signal, AbortSignal.timeout(3000)]) });
      if (!answer.ok) throw new Error(String(answer.status));
      return ((await answer.json()) as { items: Suggestion[] | null }).items ?? [];
    },
    (words, items) => {
      if (document.activeElement !== input || input.value.trim() !== words) return;
      found = items;
      show();
      if (words) announce(lines.length ? word("suggest_some", { count: lines.length }) : word("suggest_none"));
    },
  );

  input.addEventListener("input", () => lookup.typed(input.value), { signal });
  input.addEventListener("focus", () => {
    if (!input.value.trim()) found = [];
    if (!input.value.trim() && (past.all().length || !past.kept)) show();
  }, { signal });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !box.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (box.hidden) {
        if (input.value.trim().length < 2) show();
        else lookup.typed(input.value);
        return;
      }
      lookup.stop(); // what one chooses from stays
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are lines: the text as it was typed.
      choose(((at + 1 + step + lines.length + 1) % (lines.length + 1)) - 1);
    } else if (event.key === "Enter") {
      const item = box.hidden ? undefined : lines[at];
      if (!item) {
        close();
        return;
      }
      event.preventDefault();
      open(item);
    }
  }, { signal });
  form.addEventListener("submit", () => past.add(input.value), { signal });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget as Node | null)) close();
  }, { signal });
  list.addEventListener("pointerdown", (event) => event.preventDefault(), { signal }); // the focus stays in the box
  list.addEventListener("click", (event) => {
    const line = (event.target as Element).closest("li");
    const item = line && lines[[...list.children].indexOf(line)];
    if (item) open(item);
  }, { signal });
  document.addEventListener("turbo:before-cache", close, { signal });
});

// Who forgets their history forgets what they searched for, too.
document.addEventListener("submit", (event) => {
  if ((event.target as Element).matches("[data-forget-searches]")) past.clear();
});
