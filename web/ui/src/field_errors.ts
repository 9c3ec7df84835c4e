// Messages at the fields of a form, as the server writes them.
import { icon } from "./icon";

/** Marks the fields that are wrong by their names, and clears the others among names. */
export function markFields(form: HTMLFormElement, names: Iterable<string>, wrong: Record<string, string>): void {
  for (const name of new Set([...names, ...Object.keys(wrong)])) {
    const field = form.querySelector<HTMLElement>(`#f-${CSS.escape(name)}`);
    const box = field?.closest(".field") ?? field;
    if (!field || !box) continue;
    const id = `e-${name}`;
    box.querySelector(`#${CSS.escape(id)}`)?.remove();
    const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
    const text = wrong[name];
    if (text !== undefined) {
      described.push(id);
      const line = document.createElement("p");
      line.className = "hint state-danger";
      line.id = id;
      line.append(icon("warn"), text);
      box.append(line);
    }
    if (field.matches("input, select, textarea")) {
      if (text === undefined) field.removeAttribute("aria-invalid");
      else field.setAttribute("aria-invalid", "true");
      if (described.length) field.setAttribute("aria-describedby", described.join(" "));
      else field.removeAttribute("aria-describedby");
    }
  }
}

export interface Problem {
  code?: string;
  detail?: string;
  fields?: { name: string; reason: string; detail?: string }[];
}

/** The messages of a problem by field. */
export function byField(problem: Problem): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const f of problem.fields ?? []) wrong[f.name.split(".")[0] ?? ""] = f.detail ?? f.reason;
  return wrong;
}
