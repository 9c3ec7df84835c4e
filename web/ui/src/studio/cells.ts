// What a typed cell means to the API.

export type Field = "name" | "type" | "instrument" | "key" | "tempo" | "tags" | "price";

/** The word of the catalogue for a text that cannot be read. */
export function complaint(field: Field): string {
  return field === "price" ? "cell_price" : field === "tempo" ? "cell_number" : "cell_name";
}

/** The change for one field, or undefined when the text cannot be read. "-" stands for none. */
export function change(field: Field, text: string, currency: string): Record<string, unknown> | undefined {
  const value = text.trim();
  const none = value === "" || value === "-";
  switch (field) {
    case "name":
      return none ? undefined : { name: value };
    case "type":
      return none ? undefined : { type: value };
    case "instrument":
      return { instrument: none ? "" : value };
    case "key":
      return { key: none ? "" : value };
    case "tempo": {
      const bpm = none ? 0 : Number(value.replace(",", "."));
      return Number.isFinite(bpm) && bpm >= 0 ? { tempo: bpm } : undefined;
    }
    case "tags":
      return { tags: none ? [] : value.split(",").map((tag) => tag.trim()).filter((tag) => tag !== "") };
    case "price": {
      if (value === "-") return { price: { amount: -1, currency } }; // only with the pack
      if (value === "") return { price: { amount: -2, currency } }; // as the pack says
      const amount = minor(value);
      return amount === undefined ? undefined : { price: { amount, currency } };
    }
  }
}

/** Minor units of a typed price: "0.80 €", "0,80", "1". */
export function minor(text: string): number | undefined {
  const match = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text.replace(/[\s\u00a0€$£]/g, ""));
  if (!match) return undefined;
  return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}
