import { applyEdits, modify } from 'jsonc-parser';
import type { JsonPath } from './path';

/** A zero-based place in a text, in UTF-16 units as editors count. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** The line and character of an offset; an offset past the end is the end. */
export function positionAt(text: string, offset: number): Position {
  const end = Math.max(0, Math.min(offset, text.length));
  let line = 0;
  let lineStart = 0;
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    const isLineEnd = code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10);
    if (!isLineEnd) continue;
    line += 1;
    lineStart = index + 1;
  }
  return { line, character: end - lineStart };
}

/** The text with one value set, comments and layout kept: what `--set path=value` does. */
export function withValue(text: string, path: JsonPath, value: unknown): string {
  const edits = modify(text, [...path], value, {
    formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' },
  });
  return applyEdits(text, edits);
}
