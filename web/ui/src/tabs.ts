// The tab of this page is in sight, however narrow the window.
import { feature } from "./features";

feature("[data-tabs]", (nav) => {
  const current = nav.querySelector<HTMLElement>("[aria-current]");
  if (current) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
});

// Tabs that lead to parts of one page mark the part that is read.
feature("[data-sections]", (nav, signal) => {
  const links = [...nav.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')];
  const seen = new Set<Element>();
  const mark = (): void => {
    const first = links.find((link) => seen.has(document.getElementById(link.hash.slice(1)) as Element));
    for (const link of links) {
      if (link === first) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) seen.add(entry.target);
      else seen.delete(entry.target);
    }
    if (seen.size) mark();
  });
  for (const link of links) {
    const part = document.getElementById(link.hash.slice(1));
    if (part) watch.observe(part);
  }
  signal.addEventListener("abort", () => watch.disconnect());
});
