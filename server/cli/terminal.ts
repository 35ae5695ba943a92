import * as path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Where a verb writes to: answers on stdout, all that is about them on stderr. */
export interface Terminal {
  /** Programs read stdout: it gets JSON and nothing else. */
  readonly json: boolean;
  /** Whether a progress bar can be drawn over itself. */
  readonly isInteractive: boolean;
  readonly columns: number;
  /** A line for people on stdout; on stderr when programs read stdout. */
  say(text: string): void;
  /** One value as one line of JSON, or indented for people who asked for JSON alone. */
  answer(value: unknown): void;
  /** A line on stderr. */
  warn(text: string): void;
  /** Text on stderr as it is, for the progress bar. */
  draw(text: string): void;
}

type Stream = NodeJS.WriteStream;

/** The two streams of this process. Colour is left out where it is not wanted: NO_COLOR, files, pipes. */
export function createTerminal(json: boolean): Terminal {
  const { stdout, stderr } = process;
  const write = (stream: Stream, text: string) =>
    void stream.write(hasColours(stream) ? text : stripVTControlCharacters(text));
  for (const stream of [stdout, stderr]) {
    stream.removeAllListeners('error');
    // A reader that has seen enough (`| head`) is no reason to end a run.
    stream.on('error', () => undefined);
  }
  return {
    json,
    isInteractive: stderr.isTTY && process.env['TERM'] !== 'dumb',
    get columns() {
      // 0 in a terminal that has not been told its size.
      return stderr.columns || 80;
    },
    say: (text) => write(json ? stderr : stdout, `${text}\n`),
    answer: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    warn: (text) => write(stderr, `${text}\n`),
    draw: (text) => void stderr.write(text),
  };
}

function hasColours(stream: Stream): boolean {
  return stream.isTTY && stream.hasColors();
}

const paint = (open: number, close: number) => (text: string) =>
  `\x1b[${open}m${text}\x1b[${close}m`;

/** Styles of text; the terminal takes them out again where they are not wanted. */
export const style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
  cyan: paint(36, 39),
} as const;

/** Rows as columns that line up; numbers are given as text already. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [idx, cell] of row.entries()) {
      widths[idx] = Math.max(widths[idx] ?? 0, widthOf(cell));
    }
  }
  const pad = (cell: string, idx: number) => cell + ' '.repeat((widths[idx] ?? 0) - widthOf(cell));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** `12.3 s`, `4:05 min`, `1:02:03 h`. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)} min`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)} h`;
}

/** Four digits that matter: `0.1234`, `12.35`, `1.2e-7`. */
export function figureText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}

/** `[28, 28, 1]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** How this program was called, so that a command that we propose can be copied: `node dist/cli.js`. */
export function commandName(script = process.argv[1] ?? ''): string {
  if (!/\.js$/.test(script)) return 'lightbench';
  const place = path.relative('', script);
  return `node ${place.includes(' ') ? `"${place}"` : place}`;
}
