import type { RunEvent } from '#common/run/events';
import { durationText, figureText, style, type Terminal } from './terminal';

type Progress = Extract<RunEvent, { event: 'progress' }>;
type Epoch = Extract<RunEvent, { event: 'epoch' }>;

/** One line on stderr that is drawn over itself: epoch, step, loss, accuracy, time that remains. */
export interface ProgressBar {
  step(progress: Progress): void;
  epoch(event: Epoch): void;
  /** Takes the line away, so that others can be printed. */
  clear(): void;
}

/** Drawing more often is not seen and costs time. */
const drawIntervalMs = 80;
const barCells = 20;

/** Draws nothing where lines cannot be drawn over. */
export function createProgressBar(terminal: Terminal, now = () => Date.now()): ProgressBar {
  let begun: { readonly timeMs: number; readonly steps: number } | undefined;
  let drawnMs = -Infinity;
  let accuracy: number | undefined;
  let isDrawn = false;

  return {
    step(progress) {
      if (!terminal.isInteractive) return;
      const steps = stepsOf(progress);
      begun ??= { timeMs: now(), steps };
      if (now() - drawnMs < drawIntervalMs) return;
      drawnMs = now();
      const perStepMs = (now() - begun.timeMs) / Math.max(1, steps - begun.steps);
      const left = progress.epochs * progress.stepsPerEpoch - steps;
      const seconds = steps === begun.steps ? undefined : (left * perStepMs) / 1000;
      const line = progressText(progress, accuracy, seconds, terminal.columns - 1);
      // Return, the line, and the rest of an older, longer line erased.
      terminal.draw(`\r${line}\x1b[K`);
      isDrawn = true;
    },
    epoch(event) {
      accuracy = event.validation['accuracy'] ?? event.train['accuracy'];
    },
    clear() {
      if (isDrawn) terminal.draw('\r\x1b[K');
      isDrawn = false;
      drawnMs = -Infinity;
    },
  };
}

function stepsOf({ epoch, step, stepsPerEpoch }: Progress): number {
  return (epoch - 1) * stepsPerEpoch + step;
}

/** The line, as much of it as has room; parts are left out from the end. */
export function progressText(
  progress: Progress,
  accuracy: number | undefined,
  secondsLeft: number | undefined,
  columns: number,
): string {
  const { epoch, epochs, step, stepsPerEpoch, loss } = progress;
  const filled = Math.round((step / Math.max(1, stepsPerEpoch)) * barCells);
  const bar = '█'.repeat(filled) + '░'.repeat(barCells - filled);
  const parts = [
    `epoch ${epoch}/${epochs}`,
    `${bar} ${step}/${stepsPerEpoch}`,
    `loss ${figureText(loss)}`,
    ...(accuracy === undefined ? [] : [`accuracy ${figureText(accuracy)}`]),
    ...(secondsLeft === undefined ? [] : [`${durationText(secondsLeft)} left`]),
  ];
  while (parts.length > 1 && parts.join('  ').length > columns) parts.pop();
  return parts.join('  ').slice(0, Math.max(0, columns));
}

/** A line for each epoch, which stays: ` 3/10  train loss 0.1 …  validation loss 0.2 …  1.2 s`. */
export function epochText(
  { epoch, seconds, train, validation, physics }: Epoch,
  epochs: number,
): string {
  const count = String(epoch).padStart(String(epochs).length);
  const figures = (values: Readonly<Record<string, number>>) =>
    Object.entries(values)
      .map(([name, value]) => `${style.dim(name)} ${figureText(value)}`)
      .join(' ');
  return [
    style.bold(`${count}/${epochs}`),
    `train ${figures(train)}`,
    `validation ${figures(validation)}`,
    ...(physics === undefined ? [] : [figures(physics)]),
    style.dim(durationText(seconds)),
  ].join('  ');
}
