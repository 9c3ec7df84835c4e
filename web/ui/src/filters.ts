// Filters act at once: the form is sent on every change and only its frame is replaced. On a phone they are a sheet.
import { announce } from "./announce";
import { feature } from "./features";
import { word } from "./words";

const typing = 300; // ms after the last key
const pitch = 8; // units from bar to bar of the histogram

feature("form[data-filters]", (element, signal) => {
  const form = element as HTMLFormElement;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const send = (): void => {
    clearTimeout(timer);
    if (form.isConnected) form.requestSubmit();
  };
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.form !== form || field.type === "search") return;
    send();
  }, { signal });
  form.addEventListener("input", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.type !== "search" && field.inputMode !== "decimal") return;
    clearTimeout(timer);
    timer = setTimeout(send, field.inputMode === "decimal" ? typing * 2 : typing);
  }, { signal });
  // Addresses hold only what was chosen.
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) if (value === "") event.formData.delete(name);
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
});

// The bars of the histogram are a second way to the range: drag over them.
feature("[data-hist]", (hist, signal) => {
  const form = hist.closest("form");
  const low = form?.querySelector<HTMLInputElement>("[name=tempo_min]");
  const high = form?.querySelector<HTMLInputElement>("[name=tempo_max]");
  if (!form || !low || !high) return;
  let from: number | undefined;
  const barAt = (event: PointerEvent): number => {
    const bars = hist.querySelectorAll("path");
    const box = hist.getBoundingClientRect();
    const places = ((hist as unknown as SVGSVGElement).viewBox.baseVal.width + 2) / pitch;
    return Math.max(0, Math.min(bars.length - 1, Math.floor(((event.clientX - box.left) / box.width) * places)));
  };
  const show = (event: PointerEvent): void => {
    if (from === undefined) return;
    const to = barAt(event);
    const [a, b] = from < to ? [from, to] : [to, from];
    const bars = hist.querySelectorAll<SVGPathElement>("path");
    bars.forEach((bar, i) => bar.classList.toggle("in", i >= a && i <= b));
    low.value = bars[a]?.dataset.from ?? "";
    high.value = bars[b]?.dataset.to ?? "";
  };
  hist.addEventListener("pointerdown", (event) => {
    from = barAt(event);
    hist.setPointerCapture(event.pointerId);
    show(event);
  }, { signal });
  hist.addEventListener("pointermove", show, { signal });
  hist.addEventListener("pointerup", (event) => {
    show(event);
    from = undefined;
    form.requestSubmit();
  }, { signal });
});

// The sheet.
function sheet(open: boolean): void {
  const form = document.getElementById("filters");
  if (!form) return;
  form.toggleAttribute("data-open", open);
  document.documentElement.classList.toggle("has-sheet", open);
  if (open) form.querySelector<HTMLElement>("[data-filters-close]")?.focus();
  else document.querySelector<HTMLElement>("[data-filters-open]")?.focus();
}
document.addEventListener("click", (event) => {
  const target = event.target as Element;
  if (target.closest("[data-filters-open]")) {
    event.preventDefault();
    sheet(true);
  } else if (target.closest("[data-filters-close], [data-filters-done]") && document.querySelector("#filters[data-open]")) {
    event.preventDefault();
    sheet(false);
  }
});
document.addEventListener("keydown", (event) => {
  const form = document.querySelector<HTMLElement>("#filters[data-open]");
  if (!form) return;
  if (event.key === "Escape") sheet(false);
  if (event.key === "Tab") keepInside(form, event);
});
// A tick in the sheet changes the results behind it, which Turbo takes for leaving the page: the sheet stays open.
let ticking = false;
document.addEventListener("turbo:before-frame-render", (event) => {
  ticking = (event.target as Element).id === "results";
});
document.addEventListener("turbo:load", () => (ticking = false));
document.addEventListener("turbo:before-cache", () => {
  if (ticking) return;
  document.getElementById("filters")?.removeAttribute("data-open");
  document.documentElement.classList.remove("has-sheet");
});

function keepInside(form: HTMLElement, event: KeyboardEvent): void {
  const all = [...form.querySelectorAll<HTMLElement>("a[href], button, input:not([type=hidden]), summary")].filter((e) => e.offsetParent !== null);
  const first = all[0];
  const last = all.at(-1);
  if (event.shiftKey && document.activeElement === first) {
    event.preventDefault();
    last?.focus();
  } else if (!event.shiftKey && document.activeElement === last) {
    event.preventDefault();
    first?.focus();
  }
}

// The search box stands outside of the frame: it says what the frame shows, unless somebody types in it.
document.addEventListener("turbo:frame-load", (event) => {
  const frame = event.target as HTMLElement;
  if (frame.id !== "results") return;
  const box = document.querySelector<HTMLInputElement>("#find input[name=q]");
  if (box && box !== document.activeElement) box.value = frame.dataset.box ?? "";
  if (document.activeElement?.id === "sort") document.querySelector<HTMLElement>("#near[aria-invalid]")?.focus();
});

document.addEventListener("turbo:frame-load", (event) => {
  const count = (event.target as HTMLElement).querySelector("[data-filters-done]")?.textContent;
  if ((event.target as Element).id === "results" && count) announce(word("results", { count: count.replace(/^\D+/, "") }));
});
