// Menus close on Esc, on a press beside them and when one of their lines was pressed.
document.addEventListener("click", (event) => {
  const inside = (event.target as Element).closest("details[data-menu]");
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
    if (menu !== inside || (event.target as Element).closest("a")) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.preventDefault();
  }
});
