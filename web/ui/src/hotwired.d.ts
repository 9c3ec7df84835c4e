declare module "@hotwired/turbo" {
  export const config: { drive: { progressBarDelay: number; enabled: boolean }; forms: { mode: string } };
  export function visit(location: string | URL, options?: { action?: "advance" | "replace"; frame?: string }): void;
  export function morphTurboFrameElements(current: Element, next: Element): void;
  export function morphElements(current: Element, next: Element): void;
  export const cache: { clear(): void };
}
