/** @file Reads comma-separated text with quotes, as spreadsheets write it. */

/**
 * Splits CSV text into rows of cells. Quoted cells may hold commas, line breaks and doubled quotes.
 * @param text the file's text
 * @returns rows without the empty ones
 */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[at++];
      else quoted = false;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === ",") {
      row.push(cell.trim());
      cell = "";
    } else if (char === "\n" || char === "\r") {
      row.push(cell.trim());
      cell = "";
      if (row.some((word) => word !== "")) rows.push(row);
      row = [];
    } else cell += char;
  }
  row.push(cell.trim());
  if (row.some((word) => word !== "")) rows.push(row);
  return rows;
}
