/** Calls draw on every frame while it says so. */
export function whileTrue(draw: () => boolean): () => void {
  let running = false;
  const step = (): void => {
    if (draw()) requestAnimationFrame(step);
    else running = false;
  };
  return () => {
    if (running) return;
    running = true;
    requestAnimationFrame(step);
  };
}
