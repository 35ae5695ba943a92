import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../../scripts/processes';

/** Written so that no pattern matches its own text. */
const MACHINE_PATH = /(?<![\w.])\/(work|root|home)\/[\w.-]+|\b[A-Z]:\\Users\\/;
const REGISTRY =
  /registry\.(npmjs|yarnpkg|npmmirror)\.\w+|files\.pythonhosted\.\w+|deb\.debian\.\w+/;
const NOT_RUN =
  /\b(describe|it|context|specify|suite|test)\.(only|skip)\b|\b(xit|xdescribe|fit|fdescribe)\(|\bthis\.skip\(/;
const TEXT = /\.(ts|tsx|js|mjs|cjs|json|jsonc|md|css|html|py|c|h|sh|yml|yaml)$|^\.[a-z]+$|^run$/;
const MAX_SIZE_BYTES = 4 * 2 ** 20;

/** Names and endings that git ignores, as this repository writes them. */
const ignored = readFileSync(path.join(ROOT, '.gitignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .concat('.git/');

function isIgnored(name: string): boolean {
  return ignored.some((pattern) => {
    const plain = pattern.replace(/\/$/, '');
    const star = plain.indexOf('*');
    if (star < 0) return name === plain;
    return name.startsWith(plain.slice(0, star)) && name.endsWith(plain.slice(star + 1));
  });
}

function textFiles(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (isIgnored(entry.name)) return [];
    if (entry.isDirectory()) return textFiles(file);
    return TEXT.test(entry.name) ? [path.relative(ROOT, file)] : [];
  });
}

/** The lines of the repository's text files that match, as "file:line: text". */
function linesWith(pattern: RegExp, files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = readFileSync(path.join(ROOT, file), 'utf8');
    if (text.length > MAX_SIZE_BYTES) return [];
    return text
      .split('\n')
      .flatMap((line, idx) => (pattern.test(line) ? [`${file}:${idx + 1}: ${line.trim()}`] : []));
  });
}

describe('the repository', () => {
  const files = textFiles();

  it('is read at all', () => {
    assert.ok(files.includes('package.json') && files.includes(path.join('test', 'run.ts')));
  });

  it('names no path of a machine that it was written on', () => {
    assert.deepEqual(linesWith(MACHINE_PATH, files), []);
  });

  it('names no package registry', () => {
    assert.deepEqual(linesWith(REGISTRY, files), []);
  });

  it('has no test that is left out or runs alone', () => {
    const tests = files.filter((file) => /\.test\.tsx?$/.test(file));
    assert.deepEqual(linesWith(NOT_RUN, tests), []);
  });

  const caught: readonly (readonly [pattern: RegExp, text: string])[] = [
    [MACHINE_PATH, `see ${['', 'root', 'thing'].join('/')}`],
    [MACHINE_PATH, `"${['', 'work', 'main', 'x.ts'].join('/')}"`],
    [REGISTRY, ['https://registry', 'npmjs', 'org/mocha'].join('.')],
    [NOT_RUN, ['it', "only('x')"].join('.')],
    [NOT_RUN, ['this', 'skip()'].join('.')],
  ];
  for (const [pattern, text] of caught) {
    it(`would not pass "${text}"`, () => {
      assert.match(text, pattern);
    });
  }
});
