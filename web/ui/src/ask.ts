// Asks before something that cannot be taken back. Forms with data-confirm go on only after a yes; without scripts they
// are plain forms.

/** Asks in a dialog; yes names what a yes does. */
export function ask(text: string, yes: string, danger = true): Promise<boolean> {
  const dialog = document.getElementById("ask");
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(false);
  const before = document.activeElement;
  const words = dialog.querySelector("#ask-text");
  const yesKey = dialog.querySelector<HTMLButtonElement>("[data-ask=yes]");
  const noKey = dialog.querySelector<HTMLButtonElement>("[data-ask=no]");
  if (words) words.textContent = text;
  if (yesKey) {
    yesKey.textContent = yes;
    yesKey.classList.toggle("btn-danger", danger);
  }
  dialog.showModal();
  noKey?.focus();
  return new Promise((resolve) => {
    const done = new AbortController();
    const answer = (said: boolean): void => {
      done.abort();
      if (dialog.open) dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(said);
    };
    yesKey?.addEventListener("click", () => answer(true), { signal: done.signal });
    noKey?.addEventListener("click", () => answer(false), { signal: done.signal });
    dialog.addEventListener("close", () => answer(false), { signal: done.signal });
  });
}

const sure = new WeakSet<HTMLFormElement>();

// Before Turbo and everybody else sees the form.
addEventListener(
  "submit",
  (event) => {
    const form = event.target as HTMLFormElement;
    const text = form.dataset.confirm;
    if (!text || sure.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    void ask(text, submitter?.textContent?.trim() ?? "").then((said) => {
      if (!said || !form.isConnected) return;
      sure.add(form);
      form.requestSubmit(submitter);
    });
  },
  true,
);
