import type { EngineChoice } from '#common/engine';
import { hasErrors } from '#common/experiment/diagnose';
import { loadExperiment } from './diagnose';
import { exitCodes, WrongInput, type ExitCode } from './exit';
import type { Override } from './overrides';
import { countText, diagnosticOf, sayProblems } from './problems';
import { style, type Terminal } from './terminal';

/** Checks a file as the editor does, the data that it names, and whether an engine can train it. */
export async function validate(
  terminal: Terminal,
  file: string,
  overrides: readonly Override[],
  engine: EngineChoice,
): Promise<ExitCode> {
  try {
    const { text, problems } = await loadExperiment(file, overrides, engine);
    const valid = !hasErrors(problems);
    if (terminal.json) {
      const diagnostics = problems.map((problem) => diagnosticOf(text, problem));
      terminal.answer({ valid, diagnostics });
    } else {
      sayProblems(terminal, file, text, problems);
      const counts = countText(problems);
      const verdict = valid ? style.green('can be trained') : style.red('cannot be trained');
      terminal.say(`${file} ${verdict}${counts === '' ? '' : `: ${counts}`}.`);
    }
    return valid ? exitCodes.good : exitCodes.wrongInput;
  } catch (error) {
    if (!terminal.json || !(error instanceof WrongInput)) throw error;
    terminal.answer({ valid: false, diagnostics: [diagnosticOfFile(error)] });
    return exitCodes.wrongInput;
  }
}

/** A file that cannot be read at all is said in the same form as what is wrong inside of one. */
function diagnosticOfFile({ code, message }: WrongInput) {
  const start = { line: 0, character: 0 };
  return { severity: 'error', code, message, path: '', range: { start, end: start } };
}
