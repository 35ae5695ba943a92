import { probeEngines } from '../training/index';
import { exitCodes, type ExitCode } from './exit';
import { style, table, type Terminal } from './terminal';

/** Says which engines can train on this machine, and why the others cannot. */
export async function engines(terminal: Terminal): Promise<ExitCode> {
  const reports = await probeEngines();
  if (terminal.json) terminal.answer(reports);
  else {
    const rows = reports.map(({ id, available, facts }) => [
      style.bold(id),
      available ? style.green('available') : style.dim('not available'),
      style.dim(Object.values(facts).join(', ')),
    ]);
    const lines = table(rows).split('\n');
    terminal.say(lines.map((line, idx) => `${line}\n  ${reports[idx]!.reason}`).join('\n'));
  }
  return exitCodes.good;
}
