import { Type, type TSchema } from '@sinclair/typebox';

/**
 * Builders for parameter schemas. Each parameter states its description, range, unit and default here
 * and nowhere else. A parameter with a `default` may be left out of the file; in a resolved experiment
 * every one of them has a value.
 */
interface Described {
  readonly description: string;
  /** Shown after the value: `px`, `µm`, `electrons`. */
  readonly unit?: string;
}
interface Ranged extends Described {
  readonly minimum?: number;
  readonly maximum?: number;
  /** For ranges that leave their end out: a learning rate is above 0. */
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: number;
}

export function wholeNumber(options: Ranged) {
  return Type.Integer({ ...options });
}

export function realNumber(options: Ranged) {
  return Type.Number({ ...options });
}

export function yesNo(options: Described & { readonly default?: boolean }) {
  return Type.Boolean({ ...options });
}

export function text(
  options: Described & { readonly default?: string; readonly minLength?: number },
) {
  return Type.String({ ...options });
}

/** One of a few names; `choices` maps each name to its one-line description. */
export function oneOfNames<const T extends Readonly<Record<string, string>>>(
  choices: T,
  options: Described & { readonly default?: keyof T & string; readonly family?: string },
) {
  const anyOf = Object.entries(choices).map(([name, description]) => ({
    const: name,
    type: 'string',
    description,
  }));
  return Type.Unsafe<keyof T & string>({ anyOf, ...options });
}

/** A whole number for both axes, or `[rows, columns]`. */
export function wholeNumberPair(options: Ranged & { readonly default?: number }) {
  const { description, unit, default: value, ...range } = options;
  const one = Type.Integer(range);
  return Type.Union([one, Type.Tuple([one, one])], {
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(value === undefined ? {} : { default: value }),
  });
}

/** `[rows, columns]` of a parameter that may be one number for both. */
export function asPair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

interface RangeOptions extends Described {
  /** What the number may be when it stands alone. */
  readonly number: Bounds;
  /** What both ends of a range may be. */
  readonly ends: Bounds;
  readonly default: number;
}
type Bounds = Omit<Ranged, 'description' | 'unit' | 'default'>;

/** A number that a range is made of, as the description says, or the range itself: `[low, high]`. */
export function numberOrRange({ number, ends, ...described }: RangeOptions) {
  const end = Type.Number(ends);
  return Type.Union([Type.Number(number), Type.Tuple([end, end], { isAscending: true })], {
    ...described,
  });
}

/** The ends of what is drawn; `ofNumber` says what a number alone means. */
export function asRange(
  value: number | readonly [number, number],
  ofNumber: (value: number) => readonly [number, number],
): readonly [low: number, high: number] {
  return typeof value === 'number' ? ofNumber(value) : value;
}

/** A component nested in another one, with a default value. */
export function nested<S extends TSchema>(
  schema: S,
  options: Described & { readonly default: object },
): S {
  return { ...schema, ...options };
}
