import * as path from 'node:path';
import type { RunEvent } from '#common/run/events';
import { sizeText } from '#common/sizeText';
import { runFiles, type Figures, type RunRecord } from '#common/run/record';
import { executeRun, type ExecuteOptions } from '../training/index';
import { exitCodes, isForUser, type ExitCode } from './exit';
import { listenForInterrupts } from './interrupts';
import { createProgressBar, epochText } from './progressBar';
import { commandName, durationText, figureText, style, table, type Terminal } from './terminal';

type End = Extract<RunEvent, { event: 'end' }>;

/** Trains a queued or an ended run in this process and shows how it goes; `train` and `resume`. */
export async function executeAndShow(
  terminal: Terminal,
  folder: string,
  options: Pick<ExecuteOptions, 'profile'> = {},
): Promise<ExitCode> {
  const interrupts = listenForInterrupts(terminal);
  const show = terminal.json ? showAsJson(terminal) : showToPeople(terminal, folder);
  try {
    const record = await executeRun(folder, {
      ...options,
      signal: interrupts.signal,
      onEvent: (event) => show.event(event),
    });
    return exitCodeOf(record);
  } catch (error) {
    // A run that breaks down is not a wrong argument; only refusals before its start are.
    if (!show.hasStarted() || !isForUser(error)) throw error;
    terminal.warn(style.red(error.message));
    return exitCodes.runFailed;
  } finally {
    show.clear();
    interrupts.dispose();
  }
}

function exitCodeOf({ status }: RunRecord): ExitCode {
  if (status === 'finished') return exitCodes.good;
  return status === 'failed' ? exitCodes.runFailed : exitCodes.interrupted;
}

interface Show {
  event(event: RunEvent): void;
  hasStarted(): boolean;
  clear(): void;
}

/** The events of the contract, one a line; the bar, for whoever looks on, goes to stderr. */
function showAsJson(terminal: Terminal): Show {
  const bar = createProgressBar(terminal);
  let started = false;
  return {
    event(event) {
      if (event.event === 'progress') return bar.step(event);
      started = true;
      if (event.event === 'epoch') bar.epoch(event);
      bar.clear();
      terminal.answer(event);
    },
    hasStarted: () => started,
    clear: bar.clear,
  };
}

function showToPeople(terminal: Terminal, folder: string): Show {
  const bar = createProgressBar(terminal);
  let started = false;
  let epochs = 0;
  return {
    event(event) {
      switch (event.event) {
        case 'start': {
          started = true;
          const { id, description, reason } = event.engine;
          const memory = event.memoryBytes === undefined ? '' : `, ${sizeText(event.memoryBytes)}`;
          const engine = `${id}: ${description}${memory} (${reason})`;
          terminal.say(`${style.bold(event.run.id)}  ${style.dim(engine)}`);
          break;
        }
        case 'profile':
          bar.clear();
          terminal.say(profileText(event));
          break;
        case 'progress':
          epochs = event.epochs;
          bar.step(event);
          break;
        case 'epoch':
          bar.epoch(event);
          bar.clear();
          terminal.say(epochText(event, epochs));
          break;
        case 'end':
          bar.clear();
          terminal.say(endText(event, folder));
          break;
        default:
          event satisfies never;
      }
    },
    hasStarted: () => started,
    clear: bar.clear,
  };
}

/** Where the time of a step goes, kernel by kernel. */
function profileText({ steps, file, kernels }: Extract<RunEvent, { event: 'profile' }>): string {
  const milliseconds = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  const rows = kernels.map((kernel) => [
    `  ${kernel.name}`,
    Number(kernel.calls.toFixed(1)).toString(),
    kernel.milliseconds.toFixed(3),
    `${(100 * kernel.share).toFixed(1)} %`,
  ]);
  return [
    style.bold(`The mean of ${steps} steps: ${milliseconds.toFixed(2)} ms in kernels`),
    table([['  kernel', 'calls', 'ms', 'share'], ...rows]),
    style.dim(
      `Open ${path.relative('', file)} in chrome://tracing to see them one after the other.`,
    ),
  ].join('\n');
}

/** What came out, where it is, and what to do next. */
function endText(end: End, folder: string): string {
  const heads: Partial<Record<End['status'], string>> = {
    finished: style.green('Finished'),
    failed: style.red('Failed'),
  };
  const head = heads[end.status] ?? style.yellow(`Ended as ${end.status}`);
  const speed = `${Number(end.stepMilliseconds.median.toPrecision(3))} ms a step, ${Math.round(end.samplesPerSecond)} samples a second`;
  const lines = [`${head} after ${durationText(end.seconds)} ${style.dim(`(${speed})`)}`];
  if (end.message !== undefined) lines.push(end.message);
  for (const split of ['train', 'validation'] as const) {
    const figures = end.results[split];
    if (figures !== undefined) lines.push(`  ${split.padEnd(10)}  ${figuresText(figures)}`);
  }
  const place = path.relative('', folder) || folder;
  lines.push('', ...nextSteps(end, place).map(([what, how]) => `  ${style.dim(what)}  ${how}`));
  return lines.join('\n');
}

function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${style.bold(figureText(value))}`)
    .join('  ');
}

function nextSteps({ status }: End, place: string): readonly (readonly [string, string])[] {
  const run: readonly [string, string] = ['the run   ', place];
  const curves: readonly [string, string] = [
    'its curves',
    `Lightbench's view Runs in VS Code, or tensorboard --logdir ${path.dirname(place)}`,
  ];
  if (status === 'finished') {
    const command = `${commandName()} evaluate ${path.basename(place)} --split test --open-test "why"`;
    return [run, curves, ['test set  ', `sealed; once all is decided: ${command}`]];
  }
  const resume = `${commandName()} resume ${path.basename(place)}`;
  const log = path.join(place, runFiles.log);
  const next: readonly [string, string] = ['to go on  ', resume];
  return status === 'failed' ? [run, ['its log   ', log], next] : [run, curves, next];
}
