/** One line of a benchmark's result. */
export interface BenchmarkRow {
  readonly what: string;
  readonly value: string;
  /** A budget, a rate, or why there is no value. */
  readonly note?: string;
}

/** Something that is measured and printed, never judged: see docs/architecture.md on budgets. */
export interface Benchmark {
  readonly title: string;
  readonly run: () => Promise<readonly BenchmarkRow[]>;
}
