import type { JsonPath } from './path';

export type Severity = 'error' | 'warning' | 'information';

/** Something wrong with an experiment, said in three parts: what failed, which value, what to do. */
export interface Finding {
  readonly severity: Severity;
  /** Stable and searchable: `shape/misfit`, `schema/unknown-key`. */
  readonly code: string;
  readonly message: string;
  readonly path: JsonPath;
  /** What to write in place of the marked text, where that is plain: the nearest known name. */
  readonly suggestion?: string;
  /** Of a value that does nothing here: nobody is to blame if it is a default. */
  readonly isOfWritten?: boolean;
}

/** A finding at its place in the text, in UTF-16 units. */
export interface Problem extends Finding {
  readonly offset: number;
  readonly length: number;
}
