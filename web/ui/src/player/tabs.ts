// One sound at a time: a second tab that starts to play pauses the first.
import { announce } from "../announce";
import { word } from "../words";
import { player } from "./player";

const me = crypto.randomUUID();
const channel = new BroadcastChannel("crateful.player");
let told = false;

player.on("change", () => {
  if (player.sounding && !told) channel.postMessage({ playing: me });
  told = player.sounding;
});
channel.addEventListener("message", (event: MessageEvent<{ playing?: string }>) => {
  if (!event.data?.playing || event.data.playing === me || !player.sounding) return;
  player.pause();
  announce(word("other_tab"));
});
