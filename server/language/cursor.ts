import type { JsonPath } from '#common/experiment/path';
import { createScanner } from 'jsonc-parser';

/** What may be written at the cursor, found from the tokens alone so that a half-written file will do. */
export interface Cursor {
  readonly at: 'key' | 'value' | 'nothing';
  /** The value that is to be written, or the object whose key is. */
  readonly path: JsonPath;
  /** What a proposal replaces: the word or text under the cursor, or nothing. */
  readonly replace: { readonly offset: number; readonly length: number };
  /** Where a comma is missing before what is written. */
  readonly commaBefore?: number;
  /** Whether an entry follows that needs a comma in between. */
  readonly commaAfter: boolean;
  /** Whether a colon follows: only the key itself is to be replaced. */
  readonly colonAfter: boolean;
}

// jsonc-parser's SyntaxKind is a const enum, which a file compiled on its own cannot read.
const token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  string: 10,
  lineComment: 12,
  blockComment: 13,
  lineBreak: 14,
  trivia: 15,
  end: 17,
} as const;
type Token = (typeof token)[keyof typeof token] | number;

/** An object or a list that is open at the cursor. */
interface Frame {
  readonly isObject: boolean;
  key: string | undefined;
  index: number;
  /** What comes next by the grammar. */
  next: 'key' | 'colon' | 'value' | 'comma';
}

/** Finds what may be written at an offset. */
export function cursorAt(text: string, offset: number): Cursor {
  const scanner = createScanner(text, false);
  const frames: Frame[] = [];
  let rootIsWritten = false;
  let lastEnd = 0;
  for (let kind: Token = scanner.scan(); kind !== token.end; kind = scanner.scan()) {
    const start = scanner.getTokenOffset();
    const end = start + scanner.getTokenLength();
    if (start >= offset) break;
    if (isTrivia(kind)) {
      if (isInComment(kind, end, offset)) return nowhere(offset);
      continue;
    }
    if (end >= offset && isWord(kind)) {
      return cursorIn(text, frames, rootIsWritten, { offset: start, length: end - start }, lastEnd);
    }
    const frame = frames.at(-1);
    if (frame === undefined && kind !== token.openBrace && kind !== token.openBracket) {
      rootIsWritten = true;
    }
    advance(frames, kind, scanner.getTokenValue());
    if (frames.length === 0) rootIsWritten = true;
    lastEnd = end;
  }
  return cursorIn(text, frames, rootIsWritten, { offset, length: 0 }, lastEnd);
}

function cursorIn(
  text: string,
  frames: readonly Frame[],
  rootIsWritten: boolean,
  replace: Cursor['replace'],
  lastEnd: number,
): Cursor {
  const frame = frames.at(-1);
  if (frame === undefined && rootIsWritten) return nowhere(replace.offset);
  const next = nextToken(text, replace.offset + replace.length);
  const follows = {
    commaAfter: !separators.includes(next),
    colonAfter: next === token.colon,
  };
  if (frame === undefined) {
    return { at: 'value', path: [], replace, commaAfter: false, colonAfter: false };
  }
  const outer = frames.slice(0, -1).map(partOf);
  const commaBefore = frame.next === 'comma' ? { commaBefore: lastEnd } : {};
  if (frame.isObject && (frame.next === 'key' || frame.next === 'comma')) {
    return { at: 'key', path: outer, replace, ...follows, ...commaBefore };
  }
  if (frame.next === 'colon') return nowhere(replace.offset);
  const index = frame.index + (frame.next === 'comma' ? 1 : 0);
  const path = [...outer, frame.isObject ? partOf(frame) : index];
  return { at: 'value', path, replace, ...follows, ...commaBefore };
}

/** One step of the grammar; on text that breaks it, the next comma or bracket puts things right. */
function advance(frames: Frame[], kind: Token, value: string): void {
  const frame = frames.at(-1);
  switch (kind) {
    case token.openBrace:
    case token.openBracket: {
      const isObject = kind === token.openBrace;
      frames.push({ isObject, key: undefined, index: 0, next: isObject ? 'key' : 'value' });
      return;
    }
    case token.closeBrace:
    case token.closeBracket: {
      frames.pop();
      const parent = frames.at(-1);
      if (parent !== undefined) parent.next = 'comma';
      return;
    }
    case token.comma:
      if (frame === undefined) return;
      frame.index += 1;
      frame.next = frame.isObject ? 'key' : 'value';
      return;
    case token.colon:
      if (frame?.isObject === true) frame.next = 'value';
      return;
    default:
      if (frame === undefined) return;
      if (frame.next === 'key') {
        frame.key = value;
        frame.next = 'colon';
      } else {
        frame.next = 'comma';
      }
  }
}

function partOf(frame: Frame): string | number {
  return frame.isObject ? (frame.key ?? '') : frame.index;
}

/** Tokens after which nothing more belongs to the entry before. */
const separators: readonly Token[] = [
  token.comma,
  token.colon,
  token.closeBrace,
  token.closeBracket,
  token.end,
];

function nextToken(text: string, offset: number): Token {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  return scanner.scan();
}

/** A text, a number, a name or a word without quotes: something that can be half written. */
function isWord(kind: Token): boolean {
  return kind > token.colon;
}

function isTrivia(kind: Token): boolean {
  return kind >= token.lineComment && kind <= token.trivia;
}

function isInComment(kind: Token, end: number, offset: number): boolean {
  return (
    (kind === token.lineComment && end >= offset) || (kind === token.blockComment && end > offset)
  );
}

function nowhere(offset: number): Cursor {
  const replace = { offset, length: 0 };
  return { at: 'nothing', path: [], replace, commaAfter: false, colonAfter: false };
}
