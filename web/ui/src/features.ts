// A feature is behaviour for elements that a selector finds, now and whenever new ones appear.

type Start = (element: HTMLElement, signal: AbortSignal) => void;

const features: { selector: string; start: Start; running: Map<HTMLElement, AbortController> }[] = [];
let scheduled = false;

/** Runs start for every element that matches, and aborts its signal when the element leaves the document. */
export function feature(selector: string, start: Start): void {
  features.push({ selector, start, running: new Map() });
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    for (const f of features) {
      for (const [element, controller] of f.running) {
        if (element.isConnected && element.matches(f.selector)) continue;
        controller.abort();
        f.running.delete(element);
      }
      for (const element of document.querySelectorAll<HTMLElement>(f.selector)) {
        if (f.running.has(element)) continue;
        const controller = new AbortController();
        f.running.set(element, controller);
        f.start(element, controller.signal);
      }
    }
  });
}

// Text that changes brings no elements; there is a lot of it while files are sent.
const withElements = (nodes: NodeList): boolean => [...nodes].some((node) => node.nodeType === Node.ELEMENT_NODE);
new MutationObserver((records) => {
  if (records.some((r) => withElements(r.addedNodes) || withElements(r.removedNodes))) schedule();
}).observe(document.documentElement, { childList: true, subtree: true });
