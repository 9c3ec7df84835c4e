// The table of files like a spreadsheet: arrow keys move, Enter edits, many are ticked and set at once, everything can be
// undone. Without scripts the same form sets what was filled in.
import { announce } from "../announce";
import { feature } from "../features";
import { toast } from "../toast";
import { word } from "../words";
import { refresh, uploader } from "./bench";
import { call, Refused } from "./api";
import { change, complaint, type Field } from "./cells";
import { config, type Editable, type SoundsChanged } from "./types";

const undos: Editable[][] = [];
const undoLimit = 50;
const fields: Field[] = ["type", "instrument", "key", "tempo", "tags", "price"];

feature("[data-table]", (element, signal) => {
  const form = element as HTMLFormElement;
  const settings = config();
  const body = form.querySelector<HTMLTableSectionElement>("tbody");
  if (!settings || !body) return;
  undos.length = 0;
  form.querySelector("[data-grid]")?.setAttribute("role", "grid");
  for (const hidden of form.querySelectorAll<HTMLElement>("[data-table-filter], [data-find-open], [data-undo], [data-tick-all]")) hidden.hidden = false;

  // One place of the table is reached by Tab, all others by arrows from there.
  let here: HTMLElement | undefined;
  const ready = (): void => {
    for (const item of body.querySelectorAll<HTMLElement>("[data-cell], a, button, input:not(.cell-input)")) if (item.tabIndex !== -1 || !item.hasAttribute("tabindex")) item.tabIndex = -1;
    if (!here?.isConnected) here = body.querySelector<HTMLElement>("tr:not([hidden]) [data-cell]") ?? undefined;
    if (document.activeElement instanceof HTMLElement && body.contains(document.activeElement) && !document.activeElement.matches(".cell-input")) here = document.activeElement;
    if (here) here.tabIndex = 0;
  };
  body.addEventListener("focusin", (event) => {
    const item = event.target as HTMLElement;
    if (item.matches(".cell-input")) return;
    if (here && here !== item) here.tabIndex = -1;
    here = item;
    item.tabIndex = 0;
  }, { signal });

  const itemOf = (cell: Element | undefined): HTMLElement | null | undefined => (cell?.matches("[data-cell]") ? (cell as HTMLElement) : cell?.querySelector<HTMLElement>("input, a, button"));
  const seen = (cell: Element): boolean => (cell as HTMLElement).offsetParent !== null;

  function go(item: HTMLElement, rows: number, columns: number): void {
    const row = item.closest("tr");
    const cell = item.closest("td, th");
    if (!row || !cell) return;
    let target: HTMLElement | null | undefined;
    if (columns) {
      const line = [...row.cells].filter((c) => seen(c) && itemOf(c));
      target = itemOf(line[line.indexOf(cell as HTMLTableCellElement) + columns]);
    } else {
      const column = [...row.cells].indexOf(cell as HTMLTableCellElement);
      const list = [...body!.rows].filter((r) => !r.hidden);
      for (let i = list.indexOf(row) + rows; !target && list[i]; i += rows) target = itemOf(list[i]?.cells[column]);
    }
    target?.focus();
  }

  body.addEventListener("keydown", (event) => {
    const item = event.target as HTMLElement;
    if (item.matches(".cell-input")) return;
    const cell = item.matches("[data-cell]") ? item : undefined;
    const row = item.closest("tr");
    const playing = item.matches("[data-play]");
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") void undo();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (step && !(playing && step[0])) go(item, step[0] ?? 0, step[1] ?? 0); // ▶ plays the next one by itself
    else if (cell && (event.key === "Enter" || event.key === "F2")) edit(cell);
    else if (cell && event.key === " ") row?.querySelector<HTMLElement>("[data-play]")?.click();
    else if (event.key === "x") row?.querySelector<HTMLInputElement>("input[name=sound]")?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  body.addEventListener("dblclick", (event) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-cell]");
    if (cell) edit(cell);
  }, { signal });
  body.addEventListener("click", (event) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-cell]");
    if (!cell || (event.target as HTMLElement).matches(".cell-input")) return;
    if (matchMedia("(pointer: coarse)").matches) edit(cell);
    else cell.focus();
  }, { signal });

  /** Opens a cell; typed and why are set when the server did not take it. */
  function edit(cell: HTMLElement, typed?: string, why?: string): void {
    const row = cell.closest<HTMLElement>("tr");
    if (!row?.dataset.sound || cell.querySelector(".cell-input")) return;
    const field = cell.dataset.cell as Field;
    const kept = [...cell.childNodes];
    const list = form.querySelector(`#set-${field}`);
    const input = list instanceof HTMLSelectElement ? (list.cloneNode(true) as HTMLSelectElement) : document.createElement("input");
    for (const name of ["id", "name", "placeholder"]) input.removeAttribute(name);
    input.className = "input cell-input";
    input.setAttribute("aria-label", form.querySelector(`thead th:nth-child(${[...row.children].indexOf(cell) + 1})`)?.textContent ?? field);
    const before = cell.dataset.value || (input instanceof HTMLSelectElement ? "-" : "");
    if (input instanceof HTMLSelectElement) {
      input.options[0]?.remove(); // "as it is"
      if (![...input.options].some((o) => o.value === before)) input.add(new Option(before, before), 0);
    } else {
      input.dir = "auto";
      input.autocomplete = "off";
      if (field === "tempo" || field === "price") input.inputMode = "decimal";
    }
    input.value = typed ?? before;
    const message = document.createElement("span");
    message.className = "cell-why";
    message.id = "cell-why";
    const complain = (text: string): void => {
      message.textContent = text;
      cell.append(message);
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", message.id);
      announce(text);
    };
    cell.replaceChildren(input);
    if (why) complain(why);
    input.focus();
    if (input instanceof HTMLInputElement) input.select();
    let closed = false;
    const close = (save: boolean, stay: boolean): void => {
      if (closed) return;
      const { value } = input;
      const differs = save && (value !== before || typed !== undefined);
      if (differs && !change(field, value, settings?.currency ?? "EUR")) {
        if (stay) {
          complain(word(complaint(field)));
          return;
        }
        toast(word("cell_failed", { why: word(complaint(field)) }), { kind: "warn" });
      }
      closed = true;
      cell.replaceChildren(...kept);
      if (stay) cell.focus();
      refresh(); // what came while the cell was open
      if (differs) void set(row, cell, field, value);
    };
    input.addEventListener("keydown", (event) => {
      const { key } = event as KeyboardEvent;
      event.stopPropagation();
      if (key === "Escape") close(false, true);
      if (key === "Enter" || key === "Tab") {
        event.preventDefault();
        close(true, true);
        if (closed && key === "Enter") go(cell, 1, 0);
        else if (closed) go(cell, 0, (event as KeyboardEvent).shiftKey ? -1 : 1);
      }
    });
    input.addEventListener("blur", () => close(true, false));
    if (input instanceof HTMLSelectElement) {
      input.addEventListener("change", () => close(true, true)); // chosen is done
      try {
        input.showPicker();
      } catch {
        // Where it does not open by itself, the arrow keys and a press do.
      }
    }
  }

  async function set(row: HTMLElement, cell: HTMLElement, field: Field, value: string): Promise<void> {
    const part = change(field, value, settings?.currency ?? "EUR");
    const sound = row.dataset.sound ?? "";
    if (!part) return;
    const before = [...cell.childNodes];
    cell.replaceChildren(value || "–"); // shown at once; the server's word follows
    const refused = await send("PATCH", { sound_ids: [sound], ...part });
    if (refused === undefined) return;
    cell.replaceChildren(...before);
    const now = body?.querySelector<HTMLElement>(`tr[data-sound="${CSS.escape(sound)}"] [data-cell="${field}"]`);
    if (now && refused) edit(now, value, refused);
  }

  // The pack's version moves with every file that is checked, so a refused version is read again and the change repeated.
  // Gives why it was refused; undefined when it was done.
  async function send(method: "PATCH" | "PUT", change: object, keepUndo = true): Promise<string | undefined> {
    try {
      for (let round = 0; round < 4; round++) {
        try {
          const changed = await call<SoundsChanged>(method, `/studio/packs/${settings?.pack}/sounds`, { body: change, etag: await newestETag(), signal });
          const count = changed.before.length;
          if (keepUndo && count) {
            undos.push(changed.before);
            if (undos.length > undoLimit) undos.shift();
          }
          showUndo();
          const text = word(keepUndo ? (count === 1 ? "changed_one" : "changed_many") : "undone", { count });
          toast(text, keepUndo && count ? { undo: () => void undo() } : {});
          announce(text);
          refresh();
          return undefined;
        } catch (error) {
          if (!(error instanceof Refused) || error.problem.code !== "precondition_failed") throw error;
        }
      }
      return word("failed");
    } catch (error) {
      return error instanceof Refused ? error.message : "";
    }
  }

  async function newestETag(): Promise<string> {
    const bench = await call<{ pack: { etag: string } }>("GET", `/studio/packs/${settings?.pack}`, { signal });
    return bench.pack.etag;
  }

  async function undo(): Promise<void> {
    const before = undos.pop();
    showUndo();
    if (!before) return;
    const refused = await send("PUT", { sounds: before }, false);
    if (refused) toast(word("cell_failed", { why: refused }), { kind: "danger" });
  }

  const undoKey = form.querySelector<HTMLButtonElement>("[data-undo]");
  undoKey?.addEventListener("click", () => void undo(), { signal });
  const showUndo = (): void => {
    if (undoKey) undoKey.disabled = undos.length === 0;
  };

  // Ticking.
  const ticks = (): HTMLInputElement[] => [...body.querySelectorAll<HTMLInputElement>("input[name=sound]")];
  const ticked = (): HTMLInputElement[] => ticks().filter((t) => t.checked);
  const shownTicks = (): HTMLInputElement[] => ticks().filter((t) => !t.closest("tr")?.hidden);
  const bar = form.querySelector<HTMLElement>("[data-bulk-bar]");
  const panel = form.querySelector<HTMLDetailsElement>("[data-bulk-set]");
  const finder = form.querySelector<HTMLDetailsElement>("[data-find-set]");
  const finderKey = form.querySelector<HTMLButtonElement>("[data-find-open]");
  for (const details of [panel, finder]) {
    if (!details) continue;
    details.classList.add("is-panel");
    details.open = true;
    details.hidden = true;
  }
  const count = (): void => {
    const many = ticked().length;
    const place = form.querySelector("[data-ticked]");
    if (place) place.textContent = word(many === 1 ? "ticked_one" : "ticked_many", { count: many });
    const all = form.querySelector<HTMLInputElement>("[data-tick-all]");
    if (all) {
      all.checked = many > 0 && many === ticks().length;
      all.indeterminate = many > 0 && many < ticks().length;
    }
    if (bar) bar.hidden = many === 0;
    if (!many) openPanel("");
  };
  let lastTick = "";
  body.addEventListener("click", (event) => {
    const tick = event.target;
    if (!(tick instanceof HTMLInputElement) || tick.name !== "sound") return;
    const list = shownTicks();
    const from = list.findIndex((t) => t.value === lastTick);
    if (event.shiftKey && from >= 0) {
      const to = list.indexOf(tick);
      for (const t of list.slice(Math.min(from, to), Math.max(from, to) + 1)) t.checked = tick.checked;
    }
    lastTick = tick.value;
    count();
    announce(form.querySelector("[data-ticked]")?.textContent ?? "");
  }, { signal });
  form.querySelector<HTMLInputElement>("[data-tick-all]")?.addEventListener("change", (event) => {
    for (const t of shownTicks()) t.checked = (event.target as HTMLInputElement).checked;
    count();
  }, { signal });
  bar?.querySelector("[data-untick]")?.addEventListener("click", () => {
    const first = ticked()[0];
    for (const t of ticked()) t.checked = false;
    count();
    first?.focus();
  }, { signal });
  bar?.querySelector("[data-remove-ticked]")?.addEventListener("click", () => void remove(ticked().map((t) => t.closest("tr")).filter((r) => r !== null)), { signal });

  // One field at a time is set for all that are ticked.
  function openPanel(field: string): void {
    if (!panel) return;
    panel.hidden = field === "";
    for (const box of panel.querySelectorAll<HTMLElement>("[data-set]")) {
      box.hidden = box.dataset.set !== field;
      const input = box.querySelector<HTMLInputElement | HTMLSelectElement>("input, select");
      if (input && box.hidden) input.value = "";
      if (input && !box.hidden) input.focus();
    }
    for (const key of form.querySelectorAll<HTMLElement>("[data-set-open]")) key.setAttribute("aria-expanded", String(key.dataset.setOpen === field));
    if (field) openFinder(false);
  }
  function openFinder(on: boolean): void {
    if (!finder) return;
    finder.hidden = !on;
    finderKey?.setAttribute("aria-expanded", String(on));
    if (on) {
      openPanel("");
      finder.querySelector("input")?.focus();
    }
  }
  bar?.addEventListener("click", (event) => {
    const key = (event.target as Element).closest<HTMLElement>("[data-set-open]");
    if (key) openPanel(key.getAttribute("aria-expanded") === "true" ? "" : (key.dataset.setOpen ?? ""));
  }, { signal });
  finderKey?.addEventListener("click", () => openFinder(finder?.hidden ?? false), { signal });
  form.addEventListener("keydown", (event) => {
    const box = (event.target as Element).closest<HTMLDetailsElement>(".is-panel");
    if (!box) return;
    if (event.key === "Enter" && (event.target as Element).matches("input, select")) {
      event.preventDefault(); // the form's first button is another one
      box.querySelector<HTMLButtonElement>("[data-set-go], [data-find-go]")?.click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      const key = box === finder ? finderKey : form.querySelector<HTMLElement>('[data-set-open][aria-expanded="true"]');
      openPanel("");
      openFinder(false);
      key?.focus();
    }
  }, { signal });

  // Filter.
  const filter = form.querySelector<HTMLInputElement>("[data-table-filter]");
  const shown = form.querySelector("[data-table-count]");
  const sift = (): void => {
    const wanted = filter?.value.trim().toLowerCase() ?? "";
    let many = 0;
    for (const row of body.rows) {
      const hidden = "removing" in row.dataset || (wanted !== "" && !(row.dataset.path ?? "").toLowerCase().includes(wanted));
      if (row.hidden !== hidden) row.hidden = hidden;
      if (!hidden) many++;
    }
    if (shown) shown.textContent = wanted ? word("table_shown", { shown: many, all: body.rows.length }) : "";
  };
  filter?.addEventListener("input", sift, { signal });
  filter?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  }, { signal });
  document.addEventListener("crateful:rows", () => {
    sift();
    ready();
    count();
  }, { signal });

  // Setting many at once, and find and replace, through the API so that it can be undone.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const key = (event as SubmitEvent).submitter;
    if (key?.matches(".c-act button")) void remove([key.closest("tr")].filter((r) => r !== null));
    else if (key?.matches("[data-find-go]")) void replaceNames(key as HTMLButtonElement);
    else void setMany(key as HTMLButtonElement | null);
  }, { signal, capture: true });

  let atWork = false; // pressing twice does nothing new
  async function working(key: HTMLButtonElement | null, work: () => Promise<string | undefined>): Promise<boolean> {
    if (atWork) return false;
    atWork = true;
    if (key) key.disabled = true;
    const refused = await work();
    atWork = false;
    if (key) key.disabled = false;
    if (refused) toast(word("cell_failed", { why: refused }), { kind: "danger" });
    return refused === undefined;
  }

  async function setMany(key: HTMLButtonElement | null): Promise<void> {
    const ids = ticked().map((t) => t.value);
    if (!ids.length) {
      toast(word("tick_first"), { kind: "warn" });
      return;
    }
    const data = new FormData(form);
    let part: Record<string, unknown> = {};
    for (const field of fields) {
      const value = String(data.get(field) ?? "").trim();
      if (value === "") continue;
      const one = change(field, value, settings?.currency ?? "EUR");
      if (!one) {
        toast(word(complaint(field)), { kind: "warn" });
        return;
      }
      part = { ...part, ...one };
    }
    if (!Object.keys(part).length) {
      toast(word("set_nothing"), { kind: "warn" });
      return;
    }
    if (await working(key, () => send("PATCH", { sound_ids: ids, ...part }))) openPanel("");
  }

  async function replaceNames(key: HTMLButtonElement): Promise<void> {
    const data = new FormData(form);
    const find = String(data.get("find") ?? "");
    const exact = data.get("match_case") === "1";
    if (!find) return;
    const few = ticked().length ? ticked() : shownTicks(); // the ticked ones, else all that are shown
    const ids = few.filter((t) => {
      const name = t.closest("tr")?.querySelector<HTMLElement>('[data-cell="name"]')?.dataset.value ?? "";
      return exact ? name.includes(find) : name.toLowerCase().includes(find.toLowerCase());
    }).map((t) => t.value);
    if (!ids.length) {
      toast(word("nothing_found", { find }), { kind: "warn" });
      return;
    }
    await working(key, () => send("PATCH", { sound_ids: ids, find, replace: String(data.get("replace") ?? ""), match_case: exact }));
  }

  async function remove(gone: HTMLTableRowElement[]): Promise<void> {
    const last = gone.at(-1);
    const next = last && ([...body!.rows].slice(last.sectionRowIndex + 1).find((r) => !r.hidden && !gone.includes(r)) ?? [...body!.rows].findLast((r) => !r.hidden && !gone.includes(r)));
    for (const row of gone) {
      row.dataset.removing = "";
      row.hidden = true;
      const tick = row.querySelector<HTMLInputElement>("input[name=sound]");
      if (tick) tick.checked = false;
      uploader?.drop(row.dataset.file ?? "");
    }
    count();
    next?.querySelector<HTMLElement>("[data-cell]")?.focus();
    const removed: HTMLTableRowElement[] = [];
    let refused = "";
    const queue = [...gone];
    const worker = async (): Promise<void> => {
      for (let row = queue.shift(); row; row = queue.shift()) {
        try {
          await call("DELETE", `/uploads/${row.dataset.file}`, { signal });
          removed.push(row);
        } catch (error) {
          delete row.dataset.removing;
          row.hidden = false;
          if (error instanceof Refused) refused = error.message;
        }
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
    if (refused) toast(word("cell_failed", { why: refused }), { kind: "danger" });
    const first = removed[0];
    if (!first) return;
    const back = async (): Promise<void> => {
      for (const row of removed) await call("POST", `/uploads/${row.dataset.file}/restore`).catch(() => undefined);
      for (const row of removed) delete row.dataset.removing;
      refresh();
    };
    toast(removed.length === 1 ? word("removed_file", { name: first.dataset.path ?? "" }) : word("removed_many", { count: removed.length }), { undo: () => void back() });
    refresh();
  }

  showUndo();
  sift();
  ready();
  count();
});
