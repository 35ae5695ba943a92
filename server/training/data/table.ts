import fs from 'node:fs';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { Split } from '#common/run/series';
import { readCsv } from './csv';

/** Columns that mean something; a table may have any others. */
const known = ['file', 'label', 'target', 'group', 'time', 'split', 'weight'] as const;
type Column = (typeof known)[number];

/** What a table says of one image. */
export interface TableRow {
  /** For messages: "labels.csv, line 3". */
  readonly place: string;
  readonly cells: Readonly<Partial<Record<Column, string>>>;
}

export interface Table {
  /** As messages name it. */
  readonly shown: string;
  readonly columns: ReadonlySet<Column>;
  readonly rows: readonly TableRow[];
}

/** Reads a table of images, whose first line names its columns. Throws CodedError `data/bad-table`. */
export async function readTable(file: string, shown: string): Promise<Table> {
  const text = await fs.promises.readFile(file, 'utf8').catch((error: unknown) => {
    throw badTable(shown, messageOf(error), 'Correct `"table"`, or put the table there.');
  });
  let lines;
  try {
    lines = readCsv(text);
  } catch (error) {
    throw badTable(shown, messageOf(error), 'Save it again as comma-separated values.');
  }
  const [head, ...rest] = lines;
  const names = (head?.cells ?? []).map((name) => name.trim().toLowerCase());
  checkHead(names, shown);
  const rows = rest.map(({ line, cells }): TableRow => {
    if (cells.length !== names.length) {
      const reason = `line ${line} has ${cells.length} cells, and the first one names ${names.length} columns`;
      throw badTable(shown, reason, 'Correct the line; a cell with a comma is put in quotes.');
    }
    const found = known.filter((column) => names.includes(column));
    const entries = found.map((column) => [column, cells[names.indexOf(column)]!.trim()]);
    return { place: `${shown}, line ${line}`, cells: Object.fromEntries(entries) };
  });
  if (rows.length === 0) throw badTable(shown, 'it names no image', 'Add a line for each image.');
  return { shown, rows, columns: new Set(known.filter((column) => names.includes(column))) };
}

function checkHead(names: readonly string[], shown: string): void {
  const twice = known.find((column) => names.filter((name) => name === column).length > 1);
  if (twice !== undefined) {
    throw badTable(shown, `two columns are called "${twice}"`, 'Give one of them another name.');
  }
  if (names.includes('file')) return;
  const found = names.length === 0 ? 'it is empty' : `its columns are ${names.join(', ')}`;
  throw badTable(
    shown,
    `it has no column "file"; ${found}`,
    'Let the first line name the columns, `file` among them.',
  );
}

/** The cell of a column that the experiment needs. */
export function cellOf({ place, cells }: TableRow, column: Column): string {
  const cell = cells[column];
  if (cell !== undefined && cell !== '') return cell;
  throw new CodedError(
    'data/bad-table',
    `The table of the images lacks a value: ${place} has ${cell === undefined ? 'no column' : 'nothing in'} "${column}". Fill it in.`,
  );
}

/** Several values in one cell: "cat; dog". */
export function partsOf(cell: string): readonly string[] {
  return cell
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Numbers in one cell. */
export function numbersOf(row: TableRow, column: Column): readonly number[] {
  return partsOf(cellOf(row, column)).map((part) => {
    const value = Number(part);
    if (Number.isFinite(value)) return value;
    throw badCell(row, column, part, 'Write numbers, with a point and separated by ";".');
  });
}

/** A number, or a date in ISO 8601, which becomes milliseconds. */
export function timeOf(row: TableRow): number {
  const cell = cellOf(row, 'time');
  const value = Number(cell);
  const time = Number.isFinite(value) ? value : Date.parse(cell);
  if (Number.isFinite(time)) return time;
  throw badCell(row, 'time', cell, 'Write a number, or a date such as 2026-01-31.');
}

/** How much the loss of each image counts: numbers of 0 or more, not all of them 0. */
export function weightsOf({ rows, shown }: Table): Float32Array {
  const weights = Float32Array.from(rows, weightOf);
  if (weights.some((weight) => weight > 0)) return weights;
  throw badTable(
    shown,
    'every weight in its column "weight" is 0',
    'Give the images to learn from a weight above 0, or remove the column.',
  );
}

function weightOf(row: TableRow): number {
  const cell = cellOf(row, 'weight');
  const weight = Math.fround(Number(cell));
  if (Number.isFinite(weight) && weight >= 0) return weight;
  throw badCell(row, 'weight', cell, 'Write a number of 0 or more, with a point.');
}

const splitNames: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  val: 'validation',
  test: 'test',
};

/** The split of a name that people give it. */
export function splitNamed(name: string): Split | undefined {
  return Object.hasOwn(splitNames, name) ? splitNames[name] : undefined;
}

export function splitOf(row: TableRow): Split {
  const cell = cellOf(row, 'split');
  const split = splitNamed(cell.toLowerCase());
  if (split !== undefined) return split;
  throw badCell(row, 'split', cell, 'Write train, validation or test.');
}

function badCell({ place }: TableRow, column: Column, value: string, advice: string): CodedError {
  return new CodedError(
    'data/bad-table',
    `The table of the images cannot be used: ${place} has "${value}" as its ${column}. ${advice}`,
  );
}

function badTable(shown: string, reason: string, advice: string): CodedError {
  return new CodedError(
    'data/bad-table',
    `The table ${shown} cannot be used: ${reason}. ${advice}`,
  );
}
