import * as path from 'node:path';
import type { Figures, RunRecord, RunStatus } from '#common/run/record';
import { doneFraction, epochUnderWay } from '#common/run/progress';
import type { RunEntry } from '#runs/folder';

/** Icon and colour of a status, by the names of VS Code's icon set and themes. */
export const statusIcons: Readonly<Record<RunStatus, { icon: string; colour?: string }>> = {
  queued: { icon: 'watch' },
  running: { icon: 'sync~spin', colour: 'charts.blue' },
  paused: { icon: 'debug-pause', colour: 'charts.yellow' },
  finished: { icon: 'pass', colour: 'charts.green' },
  stopped: { icon: 'debug-stop' },
  interrupted: { icon: 'debug-disconnect', colour: 'charts.yellow' },
  failed: { icon: 'error', colour: 'charts.red' },
};

/** What stands after the name in the tree: "97.8 % · loss 0.081", or how far a live run is. */
export function describeRun({ record, problem }: RunEntry): string {
  if (record === undefined) return problem === undefined ? '' : 'cannot be read';
  const figures = figuresOf(record);
  const parts = figures === undefined ? [] : [describeFigures(figures)];
  switch (record.status) {
    case 'queued':
      return 'starting';
    case 'running':
      return [percentText(record), ...parts].join(' · ');
    case 'finished':
      return parts.join('');
    case 'paused':
    case 'stopped':
    case 'interrupted':
    case 'failed':
      return [record.status, ...parts].join(' · ');
  }
}

/** The figures that count: those of the best epoch on the validation split, or else the latest ones. */
export function figuresOf({ best, latest }: RunRecord): Figures | undefined {
  return best?.validation ?? latest?.validation ?? latest?.train;
}

export function describeFigures(figures: Figures): string {
  const { accuracy, loss } = figures;
  const parts: string[] = [];
  if (accuracy !== undefined) parts.push(`${(accuracy * 100).toFixed(1)} %`);
  if (loss !== undefined) parts.push(`loss ${loss.toPrecision(3)}`);
  return parts.join(' · ');
}

function percentText(record: RunRecord): string {
  return `${Math.floor(doneFraction(record.progress) * 100)} %`;
}

/** The text of the status bar item, with an icon in VS Code's notation. */
export function statusBarText(record: RunRecord, others: number): string {
  const { icon } = statusIcons[record.status];
  const { progress } = record;
  const loss = record.latest?.train?.loss;
  const parts = [
    record.status === 'queued' ? 'starting' : `epoch ${epochUnderWay(progress)}/${progress.epochs}`,
    ...(record.status === 'running' ? [percentText(record)] : []),
    ...(record.status === 'paused' ? ['paused'] : []),
    ...(loss === undefined ? [] : [`loss ${loss.toPrecision(3)}`]),
    ...(others > 0 ? [`+${others} more`] : []),
  ];
  return `$(${icon}) ${record.name}: ${parts.join(' · ')}`;
}

/** The tooltip of a run, in Markdown. */
export function runTooltip({ folder, record, problem }: RunEntry): string {
  if (record === undefined) return `${escapeMarkdown(problem ?? '')}`;
  const { progress } = record;
  const rows: [string, string | undefined][] = [
    ['Status', record.status],
    ['Created', localTime(record.created)],
    ['Epoch', `${epochUnderWay(progress)} of ${progress.epochs}`],
    ['Engine', record.engine && `${record.engine.description} (${record.engine.reason})`],
    ['Best validation', record.best?.validation && describeFigures(record.best.validation)],
    ['Latest training', record.latest?.train && describeFigures(record.latest.train)],
    ['Experiment', path.basename(record.experimentFile)],
    ['Folder', path.basename(folder)],
  ];
  const lines = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`- ${name}: ${escapeMarkdown(value)}`],
  );
  const message = record.message === undefined ? [] : ['', escapeMarkdown(record.message)];
  return [`**${escapeMarkdown(record.name)}**`, '', ...lines, ...message].join('\n');
}

function localTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString();
}

/** Names come from files: nothing in them may become a link or a command. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!<>|~$&]/g, '\\$&');
}
