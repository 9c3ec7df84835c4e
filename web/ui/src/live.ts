// The one live channel of a page: says that something changed, and the page fetches what it shows.

export interface LiveEvent {
  topic: string;
  version: string;
  kind: string;
  data?: unknown;
}

/**
 * Listens to topics such as "order:<id>" until signal aborts. Reconnecting is the browser's. A page that nobody sees does
 * not listen: browsers keep pages that were left, and open streams would use up the few connections a site may have.
 * Whoever begins to listen is told of all topics first, so nothing is missed.
 */
export function live(topics: string[], onEvent: (event: LiveEvent) => void, signal: AbortSignal): void {
  const take = (event: MessageEvent<string>): void => {
    try {
      onEvent(JSON.parse(event.data) as LiveEvent);
    } catch {
      // A message that is cut off is followed by a whole one after reconnecting.
    }
  };
  const kinds = new Set(topics.map((t) => t.split(":")[0] ?? ""));
  let source: EventSource | undefined;
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  const open = (): void => {
    if (source || document.hidden || signal.aborted) return;
    source = new EventSource(`/live?topics=${encodeURIComponent(topics.join(","))}`);
    source.addEventListener("message", take);
    for (const kind of kinds) source.addEventListener(kind, take as EventListener);
  };
  open();
  addEventListener("pagehide", close, { signal });
  addEventListener("pageshow", open, { signal });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()), { signal });
  signal.addEventListener("abort", close);
}
