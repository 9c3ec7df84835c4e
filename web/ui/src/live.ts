// The one live channel of a page: says that something changed, and the page fetches what it shows.

export interface LiveEvent {
  topic: string;
  version: string;
  kind: string;
  data?: unknown;
}

/** Listens to topics such as "order:<id>" until signal aborts. Reconnecting is the browser's. */
export function live(topics: string[], onEvent: (event: LiveEvent) => void, signal: AbortSignal): void {
  const source = new EventSource(`/live?topics=${encodeURIComponent(topics.join(","))}`);
  const take = (event: MessageEvent<string>): void => {
    try {
      onEvent(JSON.parse(event.data) as LiveEvent);
    } catch {
      // A message that is cut off is followed by a whole one after reconnecting.
    }
  };
  source.addEventListener("message", take);
  for (const kind of new Set(topics.map((t) => t.split(":")[0] ?? ""))) source.addEventListener(kind, take as EventListener);
  signal.addEventListener("abort", () => source.close());
}
