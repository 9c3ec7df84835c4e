// Media keys and the lock screen.
import { player } from "./player";

const session = "mediaSession" in navigator ? navigator.mediaSession : undefined;

if (session) {
  const actions: [MediaSessionAction, MediaSessionActionHandler][] = [
    ["play", () => player.toggle()],
    ["pause", () => player.pause()],
    ["previoustrack", () => player.step(-1)],
    ["nexttrack", () => player.step(1)],
    ["seekto", (detail) => player.seek(detail.seekTime ?? 0)],
    ["stop", () => player.pause()],
  ];
  for (const [name, handler] of actions) {
    try {
      session.setActionHandler(name, handler);
    } catch {
      // Not every browser knows every key.
    }
  }
  let shown = "";
  player.on("change", () => {
    const { track } = player;
    session.playbackState = player.sounding ? "playing" : track ? "paused" : "none";
    if (!track || shown === track.id) return;
    shown = track.id;
    session.metadata = new MediaMetadata({
      title: track.name,
      artist: track.maker,
      album: track.pack,
      artwork: track.cover ? [96, 320, 640].map((w) => ({ src: (track.cover ?? "").replace("/96.webp", `/${w}.webp`), sizes: `${w}x${w}`, type: "image/webp" })) : [],
    });
  });
}
