// The parts of the API's answers that the studio's scripts read.

export interface Offer {
  id: string;
  path: string;
  key: string;
  upload_id?: string;
  part_bytes: number;
  resumed: boolean;
  done: boolean;
  left_out: boolean;
  state?: string;
  refused?: string;
  detail?: string;
}

export interface SignedPart {
  number: number;
  url: string;
  headers: Record<string, string>;
}

export interface Editable {
  id: string;
  [field: string]: unknown;
}

export interface SoundsChanged {
  before: Editable[];
  removed: string[];
  etag: string;
}

export interface Config {
  pack: string;
  etag: string;
  state: string;
  currency: string;
  searching: boolean;
  limits: { sounds: number; files: number; pack_bytes: number; file_bytes: number; picture_bytes: number };
  open: Record<string, string>;
}

/** What the server wrote into the page for the scripts. */
export function config(): Config | undefined {
  const block = document.getElementById("bench-config");
  return block ? (JSON.parse(block.textContent ?? "null") as Config) : undefined;
}
