// After a row was removed the focus goes to the next one, not to the top.
let next: { list: number; row: number } | undefined;

function lists(): Element[] {
  return [...document.querySelectorAll("[data-removals]")];
}

document.addEventListener("turbo:submit-start", (event) => {
  const { submitter } = (event as CustomEvent<{ formSubmission: { submitter?: HTMLElement } }>).detail.formSubmission;
  const list = submitter?.matches("[data-removes]") ? submitter.closest("[data-removals]") : null;
  next = list ? { list: lists().indexOf(list), row: [...list.querySelectorAll("[data-removes]")].indexOf(submitter as Element) } : undefined;
});
document.addEventListener("turbo:load", () => {
  if (!next) return;
  const { list, row } = next;
  next = undefined;
  const keys = [...(lists()[list]?.querySelectorAll<HTMLElement>("[data-removes]") ?? [])];
  const key = keys[Math.min(row, keys.length - 1)];
  const target = key?.checkVisibility() ? key : key?.closest("li")?.querySelector<HTMLElement>("a, button, summary");
  if (target) target.focus();
  else {
    const heading = document.querySelector<HTMLElement>("main h1");
    if (heading) heading.tabIndex = -1;
    heading?.focus();
  }
});
