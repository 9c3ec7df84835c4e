// A cover is sent like any file; the page shows it once it was checked.
import { feature } from "../features";
import { toast } from "../toast";
import { word } from "../words";
import { bytes } from "./format";
import { sendPicture } from "./pictures";
import { config } from "./types";

feature("[data-cover]", (label, signal) => {
  const settings = config();
  if (!settings) return;
  label.hidden = false;
  label.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    if (file.size > settings.limits.picture_bytes) {
      toast(word("picture_too_large", { limit: bytes(settings.limits.picture_bytes) }), { kind: "warn" });
      return;
    }
    toast(word("picture_sent"));
    sendPicture(`/studio/packs/${settings.pack}/uploads`, "cover", file, signal)
      .then((refused) => toast(refused === "" ? word("picture_here") : word("picture_refused", { why: refused }), refused === "" ? {} : { kind: "danger" }))
      .catch(() => {
        if (!signal.aborted) toast(word("failed_network"), { kind: "danger" });
      })
      .finally(() => document.dispatchEvent(new CustomEvent("crateful:done", { detail: { action: "cover" } })));
  }, { signal });
});
