import * as path from 'node:path';
import { isLive, type RunRecord, type RunStatus } from '#common/run/record';
import { attachToRun } from '#runs/control';
import { findRun, listRuns, readRun } from '#runs/folder';
import { executeAndShow } from './execute';
import { exitCodes, WrongInput, type ExitCode } from './exit';
import { commandName, durationText, figureText, style, table, type Terminal } from './terminal';

/** Lists the runs, newest first. */
export async function listAllRuns(terminal: Terminal, root: string): Promise<ExitCode> {
  const entries = await listRuns(root);
  for (const { problem } of entries) if (problem !== undefined) terminal.warn(problem);
  const records = entries.flatMap(({ record }) => record ?? []);
  if (terminal.json) terminal.answer(records);
  else if (records.length === 0) {
    terminal.say(`There are no runs in ${root}. Start one with "${commandName()} train FILE".`);
  } else {
    const head = ['run', 'status', 'epoch', 'validation', 'time', 'engine'].map(style.dim);
    terminal.say(table([head, ...records.map(row)]));
  }
  return exitCodes.good;
}

const statusColours: Partial<Record<RunStatus, (text: string) => string>> = {
  running: style.cyan,
  paused: style.cyan,
  finished: style.green,
  failed: style.red,
  interrupted: style.yellow,
  stopped: style.yellow,
};

function row(record: RunRecord): string[] {
  const { id, status, progress, best, latest, started, ended, engine } = record;
  const figures = best?.validation ?? latest?.validation ?? {};
  const end = ended === undefined && isLive(status) ? Date.now() : Date.parse(ended ?? '');
  const seconds = started === undefined ? NaN : (end - Date.parse(started)) / 1000;
  return [
    style.bold(id),
    (statusColours[status] ?? style.dim)(status),
    `${progress.epoch}/${progress.epochs}`,
    Object.entries(figures)
      .map(([name, value]) => `${name} ${figureText(value)}`)
      .join(' '),
    Number.isFinite(seconds) ? durationText(seconds) : '',
    engine?.id ?? '',
  ];
}

/** Goes on with a run that has ended before its time, from its last checkpoint. */
export async function resume(terminal: Terminal, root: string, run: string): Promise<ExitCode> {
  const folder = await findRun(root, run);
  const record = await readRun(folder);
  if (isLive(record.status)) {
    const pid = record.process === undefined ? '' : ` in process ${record.process.pid}`;
    const message = `${record.id} is ${record.status}${pid}, so there is nothing to resume. Stop it first with "${commandName()} stop ${record.id}".`;
    throw new WrongInput('run/live', message);
  }
  return executeAndShow(terminal, folder);
}

/** Asks the trainer of a run to stop, wherever it runs, and waits until it has. */
export async function stop(terminal: Terminal, root: string, run: string): Promise<ExitCode> {
  const folder = await findRun(root, run);
  const record = await readRun(folder);
  const status = isLive(record.status) ? await stopLive(record, folder) : record.status;
  if (terminal.json) terminal.answer({ status });
  else {
    const verb = isLive(record.status) ? 'has ended as' : 'had already ended as';
    const next = status === 'finished' ? '' : ` Go on with "${commandName()} resume ${record.id}".`;
    terminal.say(`${path.basename(folder)} ${verb} ${style.bold(status)}.${next}`);
  }
  return exitCodes.good;
}

async function stopLive(record: RunRecord, folder: string): Promise<RunStatus> {
  const connection = await attachToRun(record);
  try {
    const { status } = await connection.request('run/stop', {});
    return status;
  } catch (error) {
    // It may have come to its end by itself while it was asked.
    const { status } = await readRun(folder);
    if (isLive(status)) throw error;
    return status;
  } finally {
    connection.dispose();
  }
}
