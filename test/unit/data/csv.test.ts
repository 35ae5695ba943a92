import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCsv } from '../../../server/training/data/csv';

const cellsOf = (text: string) => readCsv(text).map(({ cells }) => cells);

describe('comma-separated values', () => {
  const cases: readonly (readonly [text: string, cells: readonly (readonly string[])[]])[] = [
    ['', []],
    ['a', [['a']]],
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['\ufeffa,b', [['a', 'b']]],
    [
      'a,\n,b',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['a\n\n\nb', [['a'], ['b']]],
    ['"a,b","c ""d"""', [['a,b', 'c "d"']]],
    ['"two\nlines",x', [['two\nlines', 'x']]],
    ['"",', [['', '']]],
    [' a , b ', [[' a ', ' b ']]],
  ];
  for (const [text, cells] of cases) {
    it(`are read from ${JSON.stringify(text)}`, () => assert.deepEqual(cellsOf(text), cells));
  }

  it('know the line that an editor shows', () => {
    const lines = readCsv('a\n\n"x\ny"\nb').map(({ line }) => line);
    assert.deepEqual(lines, [1, 3, 5]);
  });

  it('come back from what is written by the rules', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(rows, (table) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = table.map((row) => row.map(quoted).join(',')).join('\n');
        assert.deepEqual(cellsOf(text), table);
      }),
    );
  });

  const broken: readonly (readonly [text: string, message: RegExp])[] = [
    ['a\n"b', /the quote in line 2 is never closed/],
    ['a"b', /line 1 has a quote inside of a cell/],
    ['"a"b', /line 1 goes on behind a closing quote/],
  ];
  for (const [text, message] of broken) {
    it(`are refused when they are ${JSON.stringify(text)}`, () => {
      assert.throws(() => readCsv(text), message);
    });
  }
});
