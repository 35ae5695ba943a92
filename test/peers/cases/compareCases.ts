import assert from 'node:assert/strict';
import { useEngine } from '../../unit/engine/support';
import { runPython } from '../environment';
import { native } from './support';

/** Cases that a script computes as we do. */
export interface Comparison<Case, Found> {
  /** Relative to test/peers. */
  readonly script: string;
  readonly cases: readonly Case[];
  /** A case as the script takes it. */
  readonly taskOf: (one: Case) => object;
  readonly titleOf: (one: Case) => string;
  /** Fails where what the script found is not what we find. */
  readonly check: (one: Case, theirs: Found) => void;
}

/** A test for each case on the native engine; the script is run once for all of them. */
export function compareCases<Case, Found>(
  title: string,
  { script, cases, taskOf, titleOf, check }: Comparison<Case, Found>,
): void {
  describe(title, () => {
    useEngine(native);
    let expected: readonly Found[];
    before(async () => {
      expected = await runPython<readonly Found[]>(script, cases.map(taskOf));
      assert.equal(expected.length, cases.length);
    });
    for (const [i, one] of cases.entries()) it(titleOf(one), () => check(one, expected[i]!));
  });
}
