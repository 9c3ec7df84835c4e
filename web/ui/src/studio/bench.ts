// The part of the workbench that moves: dropping files, their states, the total, and what the server says meanwhile.
import { visit } from "@hotwired/turbo";
import { getDroppedFiles } from "@uppy/utils";
import { ask } from "../ask";
import { feature } from "../features";
import { icon } from "../icon";
import { live } from "../live";
import type { Finished } from "../quiet";
import { word } from "../words";
import { toast } from "../toast";
import { call, goOn, onConnection } from "./api";
import { Rate } from "./rate";
import { bytes, clock } from "./format";
import { refresher } from "./fresh";
import { config } from "./types";
import { Uploader, type Progress } from "./uploader";

/** The uploader of the page that is open; other features of the workbench use it. */
export let uploader: Uploader | undefined;
/** Takes the moving parts of the page from the server anew. */
export let refresh: () => void = () => undefined;

const paintEvery = 200; // ms
const quietFor = 5000; // ms without news, after which the server is asked while files are on their way

interface Moving {
  uid: string;
  state: string;
  share: number;
  why: string;
}

feature("[data-bench]", (bench, signal) => {
  const settings = config();
  if (!settings) return;
  const states = new Map<string, Moving>(); // by path, of files this page sends
  const rate = new Rate();
  const soon = refresher(signal);
  let news = performance.now();
  refresh = () => {
    news = performance.now();
    soon();
  };

  // Progress comes in hundreds of small steps a second. Painting each would cost a sixth of the speed of what is sent.
  const changed = new Set<string>();
  let progress: Progress | undefined;
  let frame: ReturnType<typeof setTimeout> | undefined;
  const paintSoon = (): void => {
    if (frame) return;
    frame = setTimeout(() => {
      frame = undefined;
      for (const path of changed) paint(path, states.get(path));
      changed.clear();
      if (progress) paintTotal(bench, progress, rate, [...states.values()].some((s) => s.state === "failed" && s.uid !== ""));
    }, paintEvery);
  };

  const mine = new Uploader(`/studio/packs/${settings.pack}/uploads`, {
    file(path, uid, state, share, why = "") {
      if (state === "left_out") states.delete(path);
      else if (state === "failed" && uid === "") {
        states.delete(path);
        notTaken(bench, path, why);
      } else states.set(path, { uid, state, share, why });
      if (state === "checking") soon();
      changed.add(path);
      paintSoon();
    },
    total(now) {
      progress = now;
      paintSoon();
    },
    offered: soon,
  });
  uploader = mine;
  signal.addEventListener("abort", () => {
    clearTimeout(frame);
    mine.stop();
    if (uploader === mine) uploader = undefined;
    refresh = () => undefined;
  });

  let connection = { signedOut: false, offline: false };
  const sayState = (): void => note(bench, connection.signedOut, connection.offline, [...states.values()].filter((s) => s.state === "checking").length);

  const take = (files: File[], more: { replaces?: string; path?: string } = {}): void => {
    const list = files.map((file) => ({ file, path: more.path ?? pathOf(file), ...(more.replaces ? { replaces: more.replaces } : {}) })).filter(({ path }) => path !== "");
    if (list.length > settings.limits.files) {
      toast(word("up_too_many", { limit: settings.limits.files }), { kind: "warn" });
      return;
    }
    if (!list.length) return;
    list.sort((a, b) => (a.path < b.path ? -1 : 1)); // as the table lists them; folders come in any order
    sayState();
    notTaken(bench, "", "");
    mine.add(list);
  };
  const pickers = "[data-pick-folder], [data-pick-files]";
  const picked = (input: HTMLInputElement): void => {
    const files = [...(input.files ?? [])];
    input.value = "";
    take(files);
  };
  // Somebody may have chosen before this was loaded.
  for (const input of bench.querySelectorAll<HTMLInputElement>(pickers)) if (input.files?.length) picked(input);
  bench.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    if (input.matches(pickers)) {
      picked(input);
      return;
    }
    const files = [...(input.files ?? [])];
    const label = input.closest<HTMLElement>("[data-replace]");
    const file = files[0];
    if (!label?.dataset.replace || !file) return;
    input.value = "";
    take([file], { replaces: label.dataset.replace, path: replacement(label.dataset.path ?? "", file.name) });
  }, { signal });

  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.documentElement.dataset.dropping = "";
  }, { signal });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) delete document.documentElement.dataset.dropping;
  }, { signal });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    delete document.documentElement.dataset.dropping;
    void getDroppedFiles(event.dataTransfer).then((files) => take(files as File[]));
  }, { signal });

  const pause = bench.querySelector<HTMLButtonElement>("[data-pause]");
  let paused = false;
  pause?.addEventListener("click", () => {
    paused = !paused;
    if (paused) mine.pause();
    else mine.resume();
    pause.textContent = word(paused ? "up_go_on" : "up_pause");
  }, { signal });
  bench.querySelector("[data-retry]")?.addEventListener("click", () => mine.retry(), { signal });

  // Leaving asks first, by a link of the site as by closing the window.
  addEventListener("beforeunload", (event) => {
    if (mine.busy()) event.preventDefault();
  }, { signal });
  let leaving = false;
  document.addEventListener("turbo:before-visit", (event) => {
    const to = (event as CustomEvent<{ url: string }>).detail.url;
    if (leaving || !mine.busy() || new URL(to).pathname === location.pathname) return;
    event.preventDefault();
    void ask(word("up_leave"), word("leave")).then((said) => {
      if (!said) return;
      leaving = true;
      visit(to);
    });
  }, { signal });
  onConnection((now) => {
    connection = now;
    sayState();
  }, signal);
  // Another tab signs in; coming back here lets everything go on, each time anew.
  addEventListener("focus", () => {
    goOn();
    if (connection.signedOut) soon();
  }, { signal });

  // What was begun and not finished, on this or another day.
  const open = Object.keys(settings.open).length;
  if (open) say(bench, word("up_missing", { left: open, all: bench.querySelectorAll("[data-file]").length }));

  live([`pack:${settings.pack}`], refresh, signal);
  const timer = setInterval(() => {
    const moving = bench.querySelector('[data-state="checking"], [data-state="waiting"], [data-state="uploading"]');
    if (moving && performance.now() - news > quietFor && !document.hidden) refresh();
  }, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  document.addEventListener("crateful:rows", () => {
    showTable(bench);
    for (const path of states.keys()) changed.add(path);
    paintSoon();
  }, { signal });
  document.addEventListener("crateful:done", (event) => {
    refresh();
    if ((event as CustomEvent<Finished>).detail.action.endsWith("/publish")) void waitForSearch(settings.pack, signal);
  }, { signal });
  if (settings.searching || settings.state === "publishing") void waitForSearch(settings.pack, signal);
});

/** The path of a file inside the pack: without the chosen folder's own name, with / between folders. */
export function pathOf(file: File): string {
  const given = (file as { relativePath?: string | null }).relativePath ?? file.webkitRelativePath ?? "";
  const parts = given.replaceAll("\\", "/").split("/").filter((part) => part !== "");
  if (parts.length > 1) parts.shift();
  return parts.join("/") || file.name;
}

/** A replacement lies in the folder of the file whose place it takes, under its own name. */
export function replacement(old: string, name: string): string {
  return old.slice(0, old.lastIndexOf("/") + 1) + name;
}

/** The table is there as soon as there are files. */
function showTable(bench: HTMLElement): void {
  const any = bench.querySelector("[data-file]") !== null;
  const form = bench.querySelector<HTMLElement>("[data-table]");
  const empty = bench.querySelector<HTMLElement>("[data-bench-empty]");
  if (form) form.hidden = !any;
  if (empty) empty.hidden = any;
}

function paint(path: string, moving: Moving | undefined): void {
  if (!moving) return;
  const row = moving.uid ? document.getElementById(`file-${moving.uid}`) : document.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
  const text = row?.querySelector<HTMLElement>("[data-state-text]");
  if (!row || !text) return;
  // Once the server knows more than "sent", its word counts.
  if (!["waiting", "uploading"].includes(row.dataset.state ?? "")) return;
  const words = word(`up_${moving.state}`, { percent: Math.floor(moving.share * 100), why: moving.why });
  if (text.textContent !== words) text.textContent = words;
  let bar = row.querySelector("progress");
  if (moving.state === "uploading") {
    if (!bar) {
      bar = document.createElement("progress");
      bar.max = 1;
      bar.setAttribute("aria-label", path);
      text.closest("td")?.append(bar);
    }
    bar.value = moving.share;
  } else bar?.remove();
}

function paintTotal(bench: HTMLElement, progress: Progress, rate: Rate, failed: boolean): void {
  const bar = bench.querySelector<HTMLProgressElement>("[data-progress]");
  const list = bench.querySelector<HTMLElement>("[data-total]");
  const pause = bench.querySelector<HTMLElement>("[data-pause]");
  const retry = bench.querySelector<HTMLElement>("[data-retry]");
  if (!bar || !list) return;
  const running = progress.done < progress.files;
  bar.hidden = !running;
  if (pause) pause.hidden = !running || failed;
  if (retry) retry.hidden = !failed;
  if (!running) return; // the server's numbers show again
  bar.max = Math.max(progress.bytes, 1);
  bar.value = progress.sent;
  const perSecond = rate.at(performance.now(), progress.sent);
  const facts: [string, string][] = [
    [word("up_done", { all: progress.files }), String(progress.done)],
    [word("up_bytes", { all: bytes(progress.bytes) }), bytes(progress.sent)],
  ];
  if (perSecond > 0) facts.push([word("up_rate"), bytes(perSecond)], [word("up_left"), clock((progress.bytes - progress.sent) / perSecond)]);
  list.replaceChildren(
    ...facts.map(([label, value]) => {
      const pair = document.createElement("div");
      const dt = document.createElement("dt");
      const dd = document.createElement("dd");
      dt.textContent = label;
      dd.textContent = value;
      pair.append(dt, dd);
      return pair;
    }),
  );
}

/** Lists a file that was turned away at once; without a path the list is emptied. */
function notTaken(bench: HTMLElement, path: string, why: string): void {
  const list = bench.querySelector<HTMLElement>("[data-not-taken]");
  if (!list) return;
  if (path) {
    const line = document.createElement("li");
    line.append(icon("warn"), word("up_refused", { name: path, why }));
    list.append(line);
  } else list.replaceChildren();
  list.hidden = list.childElementCount === 0;
}

function say(bench: HTMLElement, text: string, button?: { text: string; press: () => void }): void {
  const place = bench.querySelector<HTMLElement>("[data-upload-note]");
  if (!place || place.dataset.said === text) return; // a button that is being pressed stays where it is
  place.dataset.said = text;
  place.hidden = text === "";
  place.textContent = text;
  if (!button) return;
  const key = document.createElement("button");
  key.type = "button";
  key.className = "btn";
  key.textContent = button.text;
  key.addEventListener("click", button.press);
  place.append(" ", key);
}

function note(bench: HTMLElement, signedOut: boolean, offline: boolean, done: number): void {
  if (!signedOut) {
    say(bench, offline ? word(done === 0 ? "up_offline_none" : done === 1 ? "up_offline_one" : "up_offline", { done }) : "");
    return;
  }
  say(bench, word("up_signed_out"), {
    text: word("up_sign_in"),
    press: () => void open("/sign-in?next=/studio", "_blank", "noopener"),
  });
}

let waiting: AbortSignal | undefined;

/** After publishing, asks until buyers find the pack; the trace's last step has no event of its own. */
async function waitForSearch(pack: string, signal: AbortSignal): Promise<void> {
  if (waiting === signal) return;
  waiting = signal;
  for (let step = ""; !signal.aborted; ) {
    const bench = await call<{ pack: { state: string; listed: boolean }; trace?: { sent_at?: string; searchable_at?: string } }>("GET", `/studio/packs/${pack}`, { signal }).catch(() => undefined);
    if (!bench) break;
    const now = JSON.stringify([bench.pack.state, bench.trace]);
    if (now !== step) refresh();
    step = now;
    if (bench.pack.state !== "publishing" && (!bench.pack.listed || bench.trace?.searchable_at)) break;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  if (waiting === signal) waiting = undefined;
}
