// One message at the foot, with a way back where there is one.
import { feature } from "./features";
import { word } from "./words";

const stays = 10_000; // ms, as long as something can be undone

interface Options {
  kind?: "ok" | "warn" | "danger";
  undo?: () => void;
  link?: { text: string; url: string };
}

/** Shows a message; a newer one takes its place. */
export function toast(text: string, options: Options = {}): void {
  const place = document.getElementById("toasts");
  if (!place) return;
  const box = document.createElement("div");
  box.className = `toast toast-${options.kind ?? "ok"}`;
  box.dataset.toast = "";
  box.setAttribute("role", options.kind === "danger" ? "alert" : "status");
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (options.undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = word("undo");
    button.addEventListener("click", () => {
      box.remove();
      options.undo?.();
    });
    box.append(button);
  }
  if (options.link) {
    const link = document.createElement("a");
    link.className = "btn";
    link.href = options.link.url;
    link.textContent = options.link.text;
    box.append(link);
  }
  place.replaceChildren(box);
}

feature("[data-toast]", (box, signal) => {
  let left = stays;
  let since = performance.now();
  let timer = setTimeout(() => box.remove(), left);
  const hold = (): void => {
    clearTimeout(timer);
    left -= performance.now() - since;
  };
  const go = (): void => {
    since = performance.now();
    timer = setTimeout(() => box.remove(), Math.max(left, 1500));
  };
  // Reading and reaching for the button take time.
  box.addEventListener("pointerenter", hold, { signal });
  box.addEventListener("pointerleave", go, { signal });
  box.addEventListener("focusin", hold, { signal });
  box.addEventListener("focusout", go, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
});
