// Says when the connection is gone; what is loaded still plays.
import { announce } from "./announce";
import { word } from "./words";

function show(): void {
  for (const band of document.querySelectorAll<HTMLElement>("[data-offline]")) band.hidden = navigator.onLine;
}
addEventListener("offline", () => {
  show();
  announce(word("offline"));
});
addEventListener("online", () => {
  show();
  announce(word("online"));
});
document.addEventListener("turbo:load", show);
show();
