// Which sounds were played before, on this device.
const place = "crateful.heard";
const most = 1000;

let heard: Set<string> | undefined;

function load(): Set<string> {
  if (!heard) {
    try {
      heard = new Set(JSON.parse(localStorage.getItem(place) ?? "[]") as string[]);
    } catch {
      heard = new Set();
    }
  }
  return heard;
}

export function wasHeard(id: string): boolean {
  return load().has(id);
}

export function markHeard(id: string): void {
  const all = load();
  all.delete(id);
  all.add(id);
  while (all.size > most) {
    const [oldest] = all;
    if (oldest === undefined) break;
    all.delete(oldest);
  }
  try {
    localStorage.setItem(place, JSON.stringify([...all]));
  } catch {
    // A full or closed store forgets; nothing else depends on it.
  }
}
