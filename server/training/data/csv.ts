/** A cell that begins with a quote ends with one; a quote inside is written twice. */
const quote = '"';

/** A line of a table, with the number that an editor shows for where it begins. */
export interface CsvLine {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads comma-separated values as RFC 4180 describes them; empty lines are left out. Throws an Error
 * that says in a few words what is wrong.
 */
export function readCsv(text: string): readonly CsvLine[] {
  const lines: CsvLine[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const begin = line;
    const cells: string[] = [];
    for (;;) {
      const cell = text[at] === quote ? quotedCell(text, at, line) : plainCell(text, at, line);
      cells.push(cell.value);
      line += cell.value.split('\n').length - 1;
      at = cell.end;
      if (text[at] !== ',') break;
      at++;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line++;
    if (cells.length > 1 || cells[0] !== '') lines.push({ line: begin, cells });
  }
  return lines;
}

interface Cell {
  readonly value: string;
  /** Where the separator is. */
  readonly end: number;
}

function plainCell(text: string, start: number, line: number): Cell {
  let end = start;
  while (end < text.length && !',\r\n'.includes(text[end]!)) {
    if (text[end] === quote) throw new Error(`line ${line} has a quote inside of a cell`);
    end++;
  }
  return { value: text.slice(start, end), end };
}

function quotedCell(text: string, start: number, line: number): Cell {
  let value = '';
  for (let at = start + 1; ;) {
    const end = text.indexOf(quote, at);
    if (end < 0) throw new Error(`the quote in line ${line} is never closed`);
    value += text.slice(at, end);
    if (text[end + 1] !== quote) {
      const next = text[end + 1];
      if (next === undefined || ',\r\n'.includes(next)) return { value, end: end + 1 };
      throw new Error(`line ${line} goes on behind a closing quote`);
    }
    value += quote;
    at = end + 2;
  }
}
