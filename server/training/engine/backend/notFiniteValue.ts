/** A value that had to be finite is NaN or infinite: what was to come after it has not happened. */
export class NotFiniteValueError extends Error {
  /** `of` names the tensor. */
  constructor(readonly of: string) {
    super(`A value of "${of}" is not finite.`);
    this.name = 'NotFiniteValueError';
  }
}

/** A tensor that is looked through, with the number of its flags. */
export interface FlaggedPart {
  readonly name: string;
  readonly flags: number;
}

/** The error for the flag at a place, counted from 1 through the flags of all parts. */
export function notFiniteAt(place: number, parts: readonly FlaggedPart[]): NotFiniteValueError {
  let rest = place;
  for (const { name, flags } of parts) {
    if (rest <= flags) return new NotFiniteValueError(name);
    rest -= flags;
  }
  throw new RangeError(`There is no flag ${place}.`);
}
