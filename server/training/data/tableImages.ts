import path from 'node:path';
import type { DataSourceValueOf } from '#common/catalogue/data';
import { CodedError } from '#common/protocol/rpc';
import type { Samples } from './pixels';
import type { ImageFile, ImageList } from './imageFiles';
import {
  cellOf,
  numbersOf,
  partsOf,
  splitOf,
  timeOf,
  weightsOf,
  type Table,
  type TableRow,
} from './table';

type ImageFolderValue = DataSourceValueOf<'imageFolder'>;

/** The images that a table names, with what it says of them. */
export function listTable(table: Table, folder: string, source: ImageFolderValue): ImageList {
  const { columns, rows } = table;
  const classes = source.target === 'class' ? classesOf(table) : undefined;
  const files = rows.map((row, index): ImageFile => {
    const file = cellOf(row, 'file');
    const label = classes?.labels[index] ?? 0;
    return { path: path.resolve(folder, file), shown: `${source.path}/${file}`, label };
  });
  checkRepeats(files, table);
  return {
    files,
    classNames: classes?.names ?? [],
    ...(columns.has('group') && { groups: groupsOf(rows) }),
    ...(columns.has('time') && { times: Float64Array.from(rows, timeOf) }),
    ...(columns.has('split') && { assigned: rows.map(splitOf) }),
    ...(columns.has('weight') && { sampleWeights: weightsOf(table) }),
  };
}

/** Names in the order of their UTF-16 units, and the place of each row's name among them. */
function numbered(found: readonly string[]): { names: readonly string[]; labels: Int32Array } {
  const names = [...new Set(found)].sort();
  const places = new Map(names.map((name, place) => [name, place]));
  return { names, labels: Int32Array.from(found, (name) => places.get(name)!) };
}

function classesOf({ columns, rows, shown }: Table) {
  const classes = numbered(
    rows.map((row) =>
      columns.has('label') ? cellOf(row, 'label') : path.dirname(cellOf(row, 'file')),
    ),
  );
  if (classes.names.length > 1) return classes;
  throw new CodedError(
    'data/one-class',
    `A network cannot learn to choose from one class only: ${shown} has just "${classes.names[0]}". Add images of another class, or a column "label".`,
  );
}

function groupsOf(rows: readonly TableRow[]): Int32Array {
  return numbered(rows.map((row) => cellOf(row, 'group'))).labels;
}

function checkRepeats(files: readonly ImageFile[], { rows }: Table): void {
  const seen = new Map<string, number>();
  for (const [index, { path: file, shown }] of files.entries()) {
    const first = seen.get(file);
    if (first !== undefined) {
      throw new CodedError(
        'data/bad-table',
        `The table of the images names one twice: ${shown} in ${rows[first]!.place} and ${rows[index]!.place}. Remove one of the lines; several labels stand in one cell, separated by ";".`,
      );
    }
    seen.set(file, index);
  }
}

type TargetSamples = Pick<Samples, 'target' | 'targets' | 'extra' | 'classNames' | 'classCounts'>;

/** Several labels for each image: 1 where it has the label. */
export function labelTargets({ rows }: Table): TargetSamples {
  const found = rows.map((row) => partsOf(row.cells.label ?? ''));
  const { names } = numbered(found.flat());
  const size = names.length;
  if (size === 0) throw noColumn('label', 'has no label in its column "label"', rows);
  const values = new Float32Array(rows.length * size);
  for (const [sample, labels] of found.entries()) {
    for (const label of labels) values[sample * size + names.indexOf(label)] = 1;
  }
  const classCounts = names.map((_, k) => found.filter((one) => one.includes(names[k]!)).length);
  return { classNames: names, classCounts, ...valueTargets('labels', values, [size]) };
}

/** Numbers for each image, as many for each. */
export function numberTargets({ rows }: Table): TargetSamples {
  const found = rows.map((row) => numbersOf(row, 'target'));
  const size = found[0]!.length;
  const odd = found.findIndex((numbers) => numbers.length !== size || size === 0);
  if (odd >= 0) {
    throw new CodedError(
      'data/bad-table',
      `The table of the images has different numbers of targets: ${rows[0]!.place} has ${size}, ${rows[odd]!.place} has ${found[odd]!.length}. Give every image as many.`,
    );
  }
  const values = Float32Array.from(found.flat());
  return { classNames: [], ...valueTargets('numbers', values, [size]) };
}

function noColumn(column: string, what: string, rows: readonly TableRow[]): CodedError {
  const [first] = rows;
  return new CodedError(
    'data/bad-table',
    `The table of the images cannot be used: it ${what} (${first?.place ?? 'no line'} …). Fill in the column "${column}".`,
  );
}

/** Targets that are kept as plain numbers. */
export function valueTargets(
  target: 'labels' | 'numbers' | 'image',
  values: Float32Array,
  targetShape: readonly number[],
): Pick<Samples, 'target' | 'targets' | 'extra'> {
  const size = targetShape.reduce((product, length) => product * length, 1);
  return {
    target: { target, targetShape },
    targets: {
      kind: 'values',
      size,
      read(indices, out) {
        for (const [place, sample] of indices.entries()) {
          out.set(values.subarray(sample * size, (sample + 1) * size), place * size);
        }
      },
    },
    extra: [values],
  };
}
