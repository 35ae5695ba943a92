import { probeEngines } from '../training/index';
import { exitCodes, type ExitCode } from './exit';
import { style, table, type Terminal } from './terminal';

/** Says which engines can train on this machine, and why the others cannot. */
export async function engines(terminal: Terminal): Promise<ExitCode> {
  const reports = await probeEngines();
  if (terminal.json) terminal.answer(reports);
  else {
    const rows = reports.map(({ id, available, reason, facts }) => [
      style.bold(id),
      available ? style.green('available') : style.dim('not available'),
      reason,
      style.dim(Object.values(facts).join(', ')),
    ]);
    terminal.say(table(rows));
  }
  return exitCodes.good;
}
