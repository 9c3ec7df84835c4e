/** "0:11", "2:14", "1:02:03". A sound is never shown as 0:00 long. */
export function clock(seconds: number, floor = false): string {
  let total = floor ? Math.floor(seconds) : Math.round(seconds);
  if (!floor && seconds > 0 && total === 0) total = 1;
  const h = Math.floor(total / 3600);
  const m = Math.floor(total / 60) % 60;
  const s = String(total % 60).padStart(2, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}
