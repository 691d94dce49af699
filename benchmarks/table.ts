/** A column: its title, and on which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export const left = (title: string): Column => ({ title, align: "left" });
export const right = (title: string): Column => ({ title, align: "right" });

/** Rows of text under their titles, every column as wide as its widest cell, two spaces apart. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ align }, at) => {
      const [cell, width] = [cells[at] ?? "", widths[at] as number];
      return align === "left" ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${padded.join("  ")}`.trimEnd();
  };
  const titles = line(columns.map(({ title }) => title));
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [titles, rule, ...rows.map(line)].join("\n");
}
