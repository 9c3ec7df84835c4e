/** A picture of the page's own set, beside words that say the same. */
export function icon(name: string, small = true): SVGSVGElement {
  const box = document.createElement("div");
  box.innerHTML = `<svg class="i${small ? " i-s" : ""}" aria-hidden="true"><use href="#i-${name}"/></svg>`;
  return box.firstElementChild as SVGSVGElement;
}
