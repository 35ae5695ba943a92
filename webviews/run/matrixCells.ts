/** Rows are the true classes, columns the predicted ones. */
export type Matrix = readonly (readonly number[])[];

/** A cell of the matrix, by its place. */
export interface CellPlace {
  readonly actual: number;
  readonly predicted: number;
}

/** Part of the samples of a true class that one of its cells holds. */
export function partOf(matrix: Matrix, { actual, predicted }: CellPlace): number {
  const total = totalOf(matrix, actual);
  return total === 0 ? 0 : (matrix[actual]?.[predicted] ?? 0) / total;
}

/** Samples of a true class. */
export function totalOf(matrix: Matrix, actual: number): number {
  return (matrix[actual] ?? []).reduce((sum, count) => sum + count, 0);
}

/** The classes that are mistaken for another most often, the most frequent mistake first. */
export function mistakesOf(matrix: Matrix, most: number): readonly CellPlace[] {
  const places = matrix.flatMap((row, actual) =>
    row.flatMap((count, predicted) =>
      count > 0 && predicted !== actual ? [{ actual, predicted, count }] : [],
    ),
  );
  return places.sort((a, b) => b.count - a.count).slice(0, most);
}

/** Shades that are told apart in a picture of many classes. */
export const shades = 6;

/** A shade from 1 on; every cell that is not empty can be seen. */
export function shadeOf(part: number): number {
  return Math.max(1, Math.ceil(part * shades));
}

/** Squares of one shade as one path, a unit for each class. */
export function squaresOf(matrix: Matrix, isRight: boolean, shade: number): string {
  return matrix
    .flatMap((row, actual) => {
      const total = totalOf(matrix, actual);
      return row.flatMap((count, predicted) => {
        if (count === 0 || (predicted === actual) !== isRight) return [];
        return shadeOf(count / total) === shade ? `M${predicted} ${actual}h1v1h-1z` : [];
      });
    })
    .join('');
}
