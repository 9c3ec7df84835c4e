// Calls to the API that never give up on a lost network, a busy server or an ended session: they wait, so nothing is lost.

const delays = [0, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];

/** What the API says about a call it refuses. */
export interface Problem {
  status: number;
  code: string;
  reason?: string;
  detail?: string;
  fields?: { name: string; reason: string; detail?: string }[];
}

/** A refusal that trying again cannot change. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.fields?.map((f) => f.detail ?? f.reason).join(" ") || problem.detail || problem.code);
  }
}

type Listener = (state: { signedOut: boolean; offline: boolean }) => void;
const listeners = new Set<Listener>();
let signedOut = false;
let offline = false;
let gate: Promise<void> | undefined;
let open = (): void => {};
let signIns = 0;

/** Tells whether calls wait for a sign-in or for the network. */
export function onConnection(listener: Listener, signal: AbortSignal): void {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
  // The browser may know of a lost network while no call is on its way.
  addEventListener("offline", () => setOffline(true), { signal });
  addEventListener("online", () => setOffline(false), { signal });
}

function tell(): void {
  for (const listener of listeners) listener({ signedOut, offline });
}

/** Lets the calls go on that wait since the session ended. Whether somebody has signed in is known when one is answered. */
export function goOn(): void {
  if (!gate) return;
  signIns++;
  gate = undefined;
  open();
}

/** The session that a call begins with; ended() wants it when the call is refused. */
export const session = (): number => signIns;

/** Holds all calls until somebody has signed in again. A call that began before the last time they went on says nothing about the session there is now. */
export function ended(began: number): void {
  if (gate || began !== signIns) return;
  gate = new Promise((resolve) => (open = resolve));
  setSignedOut(true);
}

/** Says that a call was answered: somebody is signed in, unless the session ended after it began. */
export function answered(began: number): void {
  if (!gate && began === signIns) setSignedOut(false);
}

function setSignedOut(now: boolean): void {
  if (signedOut === now) return;
  signedOut = now;
  tell();
}

function setOffline(now: boolean): void {
  if (offline === now) return;
  offline = now;
  tell();
}

/** Waits as long as calls are held. */
export async function whenSignedIn(signal?: AbortSignal | null): Promise<void> {
  if (gate) await until(gate, signal);
}

/** Waits for a promise, but not longer than a signal allows. */
export async function until<T>(promise: Promise<T>, signal?: AbortSignal | null): Promise<T> {
  if (!signal) return promise;
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new DOMException("aborted", "AbortError"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([promise, stopped]);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const online = (): Promise<unknown> => new Promise((resolve) => addEventListener("online", resolve, { once: true }));

export interface Call {
  body?: unknown;
  etag?: string;
  signal?: AbortSignal | null;
}

/** Calls the API under /api/v1. Throws Refused for a final no and AbortError when the signal says stop. */
export async function call<T>(method: string, path: string, { body, etag, signal }: Call = {}): Promise<T> {
  for (let round = 0; ; round++) {
    if (gate) await until(gate, signal);
    const headers: Record<string, string> = { accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (etag) headers["if-match"] = etag;
    let answer: Response | undefined;
    const began = session();
    try {
      answer = await fetch(`/api/v1${path}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      });
    } catch (error) {
      if ((error as Error).name === "AbortError") throw error;
      setOffline(true);
    }
    if (answer?.status === 401) {
      setOffline(false);
      ended(began);
      continue;
    }
    if (answer && answer.status < 500) answered(began);
    if (answer?.ok) {
      setOffline(false);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    }
    if (answer && answer.status < 500 && answer.status !== 429) {
      setOffline(false);
      throw new Refused(await problemOf(answer));
    }
    await until(Promise.race([sleep(delays[Math.min(round, delays.length - 1)] ?? 60_000), online()]), signal);
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return { ...((await answer.json()) as Problem), status: answer.status };
  } catch {
    return { status: answer.status, code: "unknown", detail: answer.statusText };
  }
}
