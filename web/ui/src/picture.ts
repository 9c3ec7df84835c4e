// One's picture and banner. The code that sends files is fetched when it is first needed.
import { announce } from "./announce";
import { feature } from "./features";
import { toast } from "./toast";
import { word } from "./words";

feature("[data-picture]", (label, signal) => {
  const purpose = label.dataset.picture ?? "";
  label.hidden = false;
  label.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    toast(word("picture_sent"));
    void import("./studio/pictures").then(async ({ sendPicture }) => {
      const refused = await sendPicture("/account/pictures", purpose, file, signal);
      if (signal.aborted) return;
      if (refused !== "") {
        toast(word("picture_refused", { why: refused }), { kind: "danger" });
        return;
      }
      await renew(`my-${purpose}`);
      toast(word("picture_here"));
      announce(word("picture_here"));
    }).catch(() => {
      if (!signal.aborted) toast(word("failed_network"), { kind: "danger" });
    });
  }, { signal });
});

/** Takes one part of this page from the server anew. */
async function renew(id: string): Promise<void> {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html", "Turbo-Frame": id } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.getElementById(id);
  if (part) document.getElementById(id)?.replaceWith(part);
}
