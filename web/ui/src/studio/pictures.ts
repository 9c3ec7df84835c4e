// A single picture goes the way of all files: straight to storage, then checked.
import { call } from "./api";
import { Uploader } from "./uploader";

const askEvery = 600; // ms
const patience = 120_000; // ms until a picture that nobody checked counts as lost

interface Checked {
  state: string;
  reason?: string;
  reason_text?: string;
}

/** Sends a picture to offers (a path under /api/v1) and waits until it was checked. Gives the reason of a refusal, or "". */
export async function sendPicture(offers: string, purpose: string, file: File, signal: AbortSignal): Promise<string> {
  let id = "";
  await new Promise<void>((resolve, reject) => {
    const uploader = new Uploader(offers, {
      file(_path, uid, state, _share, why = "") {
        if (uid) id = uid;
        if (state === "checking") resolve();
        if (state === "failed") reject(new NotTaken(why));
      },
      total: () => undefined,
      offered: () => undefined,
    });
    signal.addEventListener("abort", () => {
      uploader.stop();
      reject(new DOMException("aborted", "AbortError"));
    });
    uploader.add([{ path: file.name, file, purpose }]);
  }).catch((error: unknown) => {
    if (error instanceof NotTaken) id = `!${error.message}`;
    else throw error;
  });
  if (id.startsWith("!")) return id.slice(1);
  for (const end = performance.now() + patience; performance.now() < end; ) {
    const now = await call<Checked>("POST", `/uploads/${id}/complete`, { signal }); // a repeat only tells the state
    if (now.state === "refused") return now.reason_text ?? now.reason ?? "";
    if (now.state !== "checking") return "";
    await new Promise((resolve) => setTimeout(resolve, askEvery));
  }
  throw new Error("not checked in time");
}

class NotTaken extends Error {}
