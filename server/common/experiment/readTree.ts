import {
  createScanner,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import type { Problem } from './problem';

/** Larger files are refused before they are parsed. */
export const maxFileBytes = 5_000_000;
/** No experiment needs more; the parser recurses, so a file of brackets must not reach it. */
export const maxDepth = 100;

/** The syntax tree of a text with its syntax problems. */
export interface Tree {
  readonly root?: Node;
  readonly problems: readonly Problem[];
}

/** Parses JSON with comments and trailing commas; never throws, whatever the text. */
export function readTree(text: string): Tree {
  const refusal = refuse(text);
  if (refusal !== undefined) return { problems: [refusal] };
  const errors: ParseError[] = [];
  // A byte-order mark is no syntax error; a blank in its place keeps every offset.
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, {
    allowTrailingComma: true,
    disallowComments: false,
    allowEmptyContent: true,
  });
  const problems = errors.slice(0, 20).map((error) => syntaxProblem(text, error));
  if (root === undefined && problems.length === 0) {
    const message =
      'The file is empty; it must hold one object, { … }. Start from a sample, or let completion insert the sections.';
    return { problems: [problem('file/empty', message, 0, text.length)] };
  }
  return root === undefined ? { problems } : { root, problems };
}

/** Why a text is not parsed at all; undefined when it is. */
function refuse(text: string): Problem | undefined {
  if (text.length > maxFileBytes) {
    const megabytes = (text.length / 1e6).toFixed(1);
    const message = `The file is too large for an experiment: ${megabytes} MB, and at most 5 MB are read. Keep data in files of their own and name them in the data section.`;
    return problem('file/too-large', message, 0, 1);
  }
  const binary = binaryAt(text);
  if (binary !== undefined) {
    const code = text.charCodeAt(binary).toString(16).padStart(4, '0').toUpperCase();
    const message = `The file is not text: it has the control character U+${code} at offset ${binary}. Save it as plain UTF-8 text, or open the right file.`;
    return problem('file/binary', message, binary, 1);
  }
  const tooDeep = tooDeepAt(text);
  if (tooDeep !== undefined) {
    const message = `Lists and objects are nested more than ${maxDepth} deep here. An experiment needs no more than ten; remove the brackets.`;
    return problem('file/too-deep', message, tooDeep, 1);
  }
  return undefined;
}

/** Where the first character is that no text file has; NUL comes with images and with UTF-16. */
function binaryAt(text: string): number | undefined {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 32 && code !== 9 && code !== 10 && code !== 12 && code !== 13) return index;
  }
  return undefined;
}

/** Where the nesting passes the limit, found without recursion. */
function tooDeepAt(text: string): number | undefined {
  // jsonc-parser's SyntaxKind is a const enum, which a file compiled on its own cannot read.
  const open = [1, 3];
  const close = [2, 4];
  const end = 17;
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== end; token = scanner.scan()) {
    if (open.includes(token)) depth += 1;
    else if (close.includes(token)) depth -= 1;
    if (depth > maxDepth) return scanner.getTokenOffset();
  }
  return undefined;
}

const syntaxMessages: Readonly<Record<string, string>> = {
  InvalidSymbol:
    'is no JSON value. Write a number, true, false, a text in double quotes, a list or an object',
  InvalidNumberFormat: 'is no number. Write digits with a dot and an exponent, as in 0.5 or 1e-3',
  PropertyNameExpected: 'stands where a key was expected. Write a key in double quotes',
  ValueExpected:
    'stands where a value was expected. Write a number, true, false, a text in double quotes, a list or an object',
  ColonExpected: 'stands where a colon was expected. Write ":" between key and value',
  CommaExpected: 'stands where a comma was expected. Write "," between two entries',
  CloseBraceExpected: 'stands where the object must end. Write the missing "}"',
  CloseBracketExpected: 'stands where the list must end. Write the missing "]"',
  EndOfFileExpected: 'comes after the end of the experiment. Remove it, or a bracket too many',
  UnexpectedEndOfComment: 'is a comment that does not end. Write "*/" after it',
  UnexpectedEndOfString: 'is a text that does not end. Write the closing quote on the same line',
  UnexpectedEndOfNumber: 'is a number that breaks off. Write the missing digits',
  InvalidUnicode: 'has a broken \\u escape. Write four hexadecimal digits after \\u',
  InvalidEscapeCharacter:
    'has an unknown escape. Known ones are \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX',
  InvalidCharacter: 'has a control character. Write it as an escape such as \\n or \\t',
  InvalidCommentToken: 'is a comment where none is allowed. Remove it',
};

function syntaxProblem(text: string, error: ParseError): Problem {
  const name = printParseErrorCode(error.error);
  const offset = Math.min(error.offset, text.length);
  const length = Math.min(error.length, text.length - offset);
  const found = text.slice(offset, offset + Math.min(length, 40)).trim();
  const subject = found === '' ? 'The end of the file' : `\`${found}\``;
  const kebab = name.replace(/[A-Z]/g, (letter, at) => (at ? '-' : '') + letter.toLowerCase());
  const message = `${subject} ${syntaxMessages[name] ?? 'is not valid JSON. Correct or remove it'}.`;
  return problem(`syntax/${kebab}`, message, offset, length);
}

function problem(code: string, message: string, offset: number, length: number): Problem {
  return { severity: 'error', code, message, path: [], offset, length };
}
