// Sends files straight to storage with Uppy underneath: several at once, resumed after a reload, a cut line or an ended
// session. The server creates, signs and completes; what it says counts, not the browser.
import AwsS3 from "@uppy/aws-s3";
import Uppy, { type UppyFile } from "@uppy/core";
import { call, Refused } from "./api";
import { checksum, fingerprint } from "./fingerprint";
import type { Offer, SignedPart } from "./types";

interface Meta {
  [key: string]: unknown;
  path: string;
  uid?: string;
  part?: number;
  replaces?: string;
  purpose?: string;
}
type Body = Record<string, never>;
type Item = UppyFile<Meta, Body>;

interface Signalled {
  signal?: AbortSignal;
}
type PartOptions = Parameters<typeof AwsS3.uploadPartBytes>[0];

/** What we set of @uppy/aws-s3. */
interface AwsS3Options {
  limit: number;
  retryDelays: number[];
  shouldUseMultipart(file: Item): boolean;
  getChunkSize(file: Item): number;
  createMultipartUpload(file: Item): Promise<{ key: string; uploadId: string }>;
  listParts(file: Item, options: Signalled): Promise<{ PartNumber: number; Size: number; ETag: string }[]>;
  signPart(file: Item, options: Signalled & { partNumber: number; body: Blob }): Promise<SignedPart>;
  getUploadParameters(file: Item, options?: Signalled): Promise<{ method: "PUT"; url: string; headers: Record<string, string> }>;
  completeMultipartUpload(file: Item, options: Signalled): Promise<object>;
  uploadPartBytes(options: PartOptions): Promise<object>;
  abortMultipartUpload(file: Item): Promise<void>;
}

/** Files up to this size are one PUT; the server decides the same way. */
const onePut = 8 * 1024 * 1024;
const retryDelays = [0, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];

export interface Progress {
  files: number;
  done: number;
  bytes: number;
  sent: number;
}

export interface Watcher {
  /** One file: waiting, uploading with its share, checking once storage has it, or failed with the reason. */
  file(path: string, uid: string, state: "waiting" | "uploading" | "checking" | "failed" | "left_out", share: number, why?: string): void;
  total(progress: Progress): void;
  offered(): void;
}

export class Uploader {
  private readonly uppy = new Uppy<Meta, Body>({ id: "studio", autoProceed: false });
  private readonly removed = new Set<string>();
  private readonly finished = new Set<string>();
  private readonly tries = new Map<string, number>(); // by file, since it last went well
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>(); // for the next try
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly offers: string, // path of the API that takes announced files
    private readonly watcher: Watcher,
  ) {
    this.uppy.addPreProcessor((ids) => this.offer(ids));
    const options: AwsS3Options = {
      limit: 12, // twice what a browser sends at once to one host: while six are on their way the next six are signed
      retryDelays: [...retryDelays],
      shouldUseMultipart: (file) => (file.size ?? 0) > onePut,
      getChunkSize: (file) => (this.item(file.id)?.meta.part ?? onePut),
      createMultipartUpload: async (file) => (file as unknown as { s3Multipart: { key: string; uploadId: string } }).s3Multipart,
      listParts: async (file, { signal }) => {
        const held = await call<{ parts: { number: number; size_bytes: number; etag: string }[] }>("GET", `/uploads/${this.uid(file.id)}/parts`, { signal: signal ?? null });
        return held.parts.map((p) => ({ PartNumber: p.number, Size: p.size_bytes, ETag: p.etag }));
      },
      signPart: async (file, { partNumber, signal }) => this.sign(file.id, { number: partNumber }, signal),
      getUploadParameters: async (file, options) => {
        const part = await this.sign(file.id, { number: 1, sha256: await checksum(file.data as Blob) }, options?.signal);
        return { method: "PUT", url: part.url, headers: part.headers };
      },
      completeMultipartUpload: async (file, { signal }) => {
        await call("POST", `/uploads/${this.uid(file.id)}/complete`, { signal: signal ?? null });
        return {};
      },
      // If-None-Match refused a repeated PUT: the first one had arrived and only its answer was lost.
      uploadPartBytes: async (options) => {
        try {
          return await AwsS3.uploadPartBytes(options);
        } catch (error) {
          if ((error as { source?: XMLHttpRequest }).source?.status !== 412) throw error;
          options.onComplete?.("stored");
          return { ETag: "stored" };
        }
      },
      abortMultipartUpload: async () => {}, // leaving a page must not throw away what has arrived
    };
    this.uppy.use(AwsS3, options as never); // its own type knows no mix of both ways that changes by file
    this.uppy.on("upload-progress", (file, progress) => {
      if (file) this.watcher.file(file.meta.path, this.uid(file.id), "uploading", progress.bytesTotal ? progress.bytesUploaded / progress.bytesTotal : 0);
      this.tellTotal();
    });
    this.uppy.on("upload-error", (file, error) => {
      if (file) this.failed(file as Item, error);
      this.tellTotal();
    });
    this.uppy.on("upload-success", (file) => {
      if (file) void this.stored(file as Item);
    });
  }

  /** Takes files with their paths inside the pack and sends them. */
  add(files: { path: string; file: File; replaces?: string; purpose?: string }[]): void {
    for (const { path, file, replaces, purpose } of files) {
      try {
        const id = this.uppy.addFile({
          // Uppy lower-cases names for its ids; the path in hex keeps A.wav and a.wav apart.
          name: [...new TextEncoder().encode(path)].map((b) => b.toString(16)).join(""),
          type: "application/octet-stream",
          data: file,
          source: "studio",
          meta: { path, ...(replaces ? { replaces } : {}), ...(purpose ? { purpose } : {}) },
        });
        this.finished.delete(id);
        this.watcher.file(path, "", "waiting", 0);
      } catch {
        // The same file is on its way already.
      }
    }
    this.running = this.running.then(() => this.uppy.upload()).catch(() => undefined);
    this.tellTotal();
  }

  pause(): void {
    this.uppy.pauseAll();
  }

  resume(): void {
    this.uppy.resumeAll();
  }

  retry(): void {
    this.tries.clear();
    this.running = this.running.then(() => this.uppy.retryAll()).catch(() => undefined);
  }

  /** Ends everything. What has arrived stays in storage. */
  stop(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.uppy.destroy();
  }

  /** Stops sending one upload that was taken out of the pack. */
  drop(uid: string): void {
    for (const file of this.uppy.getFiles()) {
      if (file.meta.uid !== uid) continue;
      this.removed.add(file.id);
      this.uppy.removeFile(file.id);
    }
    this.tellTotal();
  }

  /** Says whether anything is still to be sent. */
  busy(): boolean {
    return this.uppy.getFiles().some((f) => !f.progress.uploadComplete && (!f.error || this.waiting.has(f.id)) && !this.finished.has(f.id));
  }

  // Uppy tries parts again but not files that are one PUT, nor addresses whose time is over: the whole file is signed and
  // sent anew, except for what the server refuses for good.
  private failed(file: Item, error: Error): void {
    const tried = this.tries.get(file.id) ?? 0;
    const delay = retryDelays[tried];
    if (error instanceof Refused || delay === undefined) {
      this.watcher.file(file.meta.path, this.uid(file.id), "failed", 0, error.message);
      return;
    }
    this.tries.set(file.id, tried + 1);
    this.watcher.file(file.meta.path, this.uid(file.id), "waiting", 0);
    const again = (): void => {
      this.waiting.delete(file.id);
      if (!navigator.onLine) {
        this.waiting.set(file.id, setTimeout(again, 1000));
        return;
      }
      if (this.item(file.id)) void this.uppy.retryUpload(file.id).catch(() => undefined);
    };
    this.waiting.set(file.id, setTimeout(again, Math.max(delay, 250)));
  }

  private item(id: string): Item | undefined {
    return this.uppy.getFile(id) as Item | undefined;
  }

  private uid(id: string): string {
    return this.item(id)?.meta.uid ?? "";
  }

  private async sign(id: string, part: { number: number; sha256?: string }, signal?: AbortSignal): Promise<SignedPart> {
    const { parts } = await call<{ parts: SignedPart[] }>("POST", `/uploads/${this.uid(id)}/sign`, { body: { parts: [part] }, signal: signal ?? null });
    const signed = parts[0];
    if (!signed) throw new Error("nothing signed");
    return signed;
  }

  // One request announces all files. Setting s3Multipart makes Uppy take its path for restored uploads: it lists parts
  // first, sends what is missing and never throws parts away when one fails.
  private async offer(ids: string[]): Promise<void> {
    const files = ids.map((id) => this.item(id)).filter((f): f is Item => !!f?.data && !f.meta.uid);
    for (let from = 0; from < files.length; from += 500) {
      const some = files.slice(from, from + 500);
      const wanted = [];
      for (const file of some) {
        const { path, replaces, purpose } = file.meta;
        wanted.push({
          fingerprint: await fingerprint(path, file.data as File),
          path,
          size_bytes: file.size ?? 0,
          ...(replaces ? { replaces } : {}),
          ...(purpose ? { purpose } : {}),
        });
      }
      const { uploads } = await call<{ uploads: Offer[] }>("POST", this.offers, { body: { files: wanted } });
      some.forEach((file, i) => this.take(file, uploads[i]));
    }
    if (files.length) this.watcher.offered();
    this.tellTotal();
  }

  private take(file: Item, offer: Offer | undefined): void {
    const { path } = file.meta;
    if (!offer || offer.left_out || offer.refused || !offer.id) {
      this.uppy.removeFile(file.id);
      this.watcher.file(path, "", offer?.left_out ? "left_out" : "failed", 0, offer?.detail ?? offer?.refused ?? "");
      return;
    }
    const meta = { ...file.meta, uid: offer.id, part: offer.part_bytes };
    if (offer.done) {
      this.finished.add(file.id);
      this.uppy.setFileState(file.id, { meta, progress: { ...file.progress, uploadComplete: true, complete: true, percentage: 100 } } as never);
      this.watcher.file(path, offer.id, "checking", 1);
      return;
    }
    this.uppy.setFileState(file.id, { meta, ...(offer.upload_id ? { s3Multipart: { key: offer.key, uploadId: offer.upload_id } } : {}) } as never);
    this.watcher.file(path, offer.id, "waiting", 0);
  }

  private async stored(file: Item): Promise<void> {
    const uid = this.uid(file.id);
    try {
      if ((file.size ?? 0) <= onePut) await call("POST", `/uploads/${uid}/complete`);
      this.finished.add(file.id);
      this.watcher.file(file.meta.path, uid, "checking", 1);
    } catch (error) {
      if (error instanceof Refused) this.watcher.file(file.meta.path, uid, "failed", 1, error.message);
    }
    this.tellTotal();
  }

  private tellTotal(): void {
    const progress: Progress = { files: 0, done: 0, bytes: 0, sent: 0 };
    for (const file of this.uppy.getFiles()) {
      const size = file.size ?? 0;
      const complete = this.finished.has(file.id) || file.progress.uploadComplete === true;
      progress.files++;
      progress.bytes += size;
      if (complete) progress.done++;
      progress.sent += complete ? size : Math.min(size, Number(file.progress.bytesUploaded) || 0);
    }
    this.watcher.total(progress);
  }
}
