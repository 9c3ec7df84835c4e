// A page that waits for something, as an order for its bank, updates itself: news make it fetch itself and change only
// what is different.
import { visit } from "@hotwired/turbo";
import { announce } from "./announce";
import { feature } from "./features";
import { live } from "./live";
import { word } from "./words";

const lookEvery = 15_000; // ms, should the news not get through

feature("[data-live]", (element, signal) => {
  const state = (): string => document.querySelector("[data-live-state]")?.textContent ?? "";
  const before = state();
  let looking = false;
  const look = (): void => {
    if (looking || document.hidden) return;
    looking = true;
    document.addEventListener("turbo:load", () => {
      looking = false;
      if (state() !== before) announce(word("order_changed", { state: state() }));
    }, { once: true });
    setTimeout(() => (looking = false), 10_000); // an answer that never came
    visit(location.href, { action: "replace" });
  };
  live((element.dataset.live ?? "").split(","), look, signal);
  const timer = setInterval(look, lookEvery);
  signal.addEventListener("abort", () => clearInterval(timer));
  document.addEventListener("visibilitychange", look, { signal });
});
