// Ids and addresses copy on press.
import { feature } from "./features";
import { toast } from "./toast";
import { word } from "./words";

feature("[data-copy]", (button, signal) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(button.dataset.copy ?? "").then(() => toast(word("copied")));
  }, { signal });
});
