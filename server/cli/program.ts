import * as path from 'node:path';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import {
  engineIds,
  tensorflowEngineIds,
  type EngineChoice,
  type TensorflowEngineId,
} from '#common/engine';
import { editorSchema } from '#common/experiment/schema';
import { runsFolder } from '#common/run/record';
import { splits, type Split } from '#common/run/series';
import { version } from '#common/version';
import { engines } from './engines';
import { evaluate } from './evaluate';
import { exitCodes, isForUser, type ExitCode } from './exit';
import { installEngine } from './installEngine';
import { parseOverride, type Override } from './overrides';
import { listAllRuns, resume, stop } from './runs';
import { summary } from './summary';
import { createTerminal, style, type Terminal } from './terminal';
import { train } from './train';
import { validate } from './validate';

interface CommonOptions {
  readonly json?: true;
}
interface RootOptions extends CommonOptions {
  readonly out: string;
}
interface FileOptions extends CommonOptions {
  readonly set: readonly Override[];
  readonly seed?: number;
}

/** The whole command line; `exit` gets the code once a verb is done. */
export function createProgram(exit: (code: ExitCode) => void): Command {
  const program = new Command('lightbench')
    .description('Train imaging experiments that one *.experiment.json file describes.')
    .version(version)
    .showHelpAfterError(
      '"lightbench --help" lists the verbs, "lightbench VERB --help" its options.',
    )
    .configureOutput({ outputError: (text, write) => write(style.red(text)) })
    .exitOverride((error) => {
      exit(error.exitCode === 0 ? exitCodes.good : exitCodes.wrongInput);
      throw error;
    });

  /** Runs a verb; what its user did wrong is said in one line, and is the exit code. */
  const perform = async (
    options: CommonOptions,
    verb: (terminal: Terminal) => Promise<ExitCode>,
  ): Promise<void> => {
    const terminal = createTerminal(options.json === true);
    try {
      exit(await verb(terminal));
    } catch (error) {
      if (!isForUser(error)) throw error;
      terminal.warn(style.red(error.message));
      exit(exitCodes.wrongInput);
    }
  };
  addFileVerbs(program, perform);
  addRunVerbs(program, perform);
  addOtherVerbs(program, perform);
  return program;
}

type Perform = (
  options: CommonOptions,
  verb: (terminal: Terminal) => Promise<ExitCode>,
) => Promise<void>;

/** Commander has told the user; the code is set. */
export function isTold(error: unknown): boolean {
  return error instanceof CommanderError;
}

function addFileVerbs(program: Command, perform: Perform): void {
  const file = '<file>';
  const fileText = 'the experiment: name.experiment.json';
  withEngine(withFileOptions(addVerb(program, 'validate').argument(file, fileText)))
    .description('Check an experiment, and the data that it names.')
    .action((name: string, options: FileOptions & EngineFlags) =>
      perform(options, (terminal) =>
        validate(terminal, name, overridesOf(options), options.engine),
      ),
    );
  withFileOptions(addVerb(program, 'summary').argument(file, fileText))
    .description('Show instrument and network with shapes and sizes.')
    .action((name: string, options: FileOptions) =>
      perform(options, (terminal) => summary(terminal, name, overridesOf(options))),
    );
  withEngine(withFileOptions(withRoot(addVerb(program, 'train').argument(file, fileText))))
    .description('Train an experiment here and now.')
    .option('--threads <count>', 'threads that the engine may use', wholeNumber(1, 1024))
    .option('--profile', 'show where the time goes, and write a trace for chrome://tracing')
    .option('--initial <file>', 'safetensors file with the weights to begin with')
    .action((name: string, options: FileOptions & RootOptions & TrainFlags) =>
      perform(options, (terminal) =>
        train(terminal, name, {
          engine: options.engine,
          ...(options.threads === undefined ? {} : { threads: options.threads }),
          root: path.resolve(options.out),
          ...(options.initial === undefined ? {} : { initialWeights: options.initial }),
          overrides: overridesOf(options),
          profile: options.profile === true,
        }),
      ),
    );
}

interface EngineFlags {
  readonly engine: EngineChoice;
}

interface TrainFlags extends EngineFlags {
  readonly profile?: true;
  readonly threads?: number;
  readonly initial?: string;
}

interface EvaluateFlags {
  readonly split: Split;
  readonly openTest?: string;
}

function addRunVerbs(program: Command, perform: Perform): void {
  const runText = 'id of the run, the beginning or the last four digits of it, or its folder';
  withRoot(addVerb(program, 'resume').argument('<run>', runText))
    .description('Go on with a run that was stopped or interrupted.')
    .action((run: string, options: RootOptions) =>
      perform(options, (terminal) => resume(terminal, path.resolve(options.out), run)),
    );
  withRoot(addVerb(program, 'stop').argument('<run>', runText))
    .description('Stop a run that goes on, in whichever process; it can be resumed.')
    .action((run: string, options: RootOptions) =>
      perform(options, (terminal) => stop(terminal, path.resolve(options.out), run)),
    );
  withRoot(addVerb(program, 'runs'))
    .description('List the runs, newest first.')
    .action((options: RootOptions) =>
      perform(options, (terminal) => listAllRuns(terminal, path.resolve(options.out))),
    );
  withRoot(addVerb(program, 'evaluate').argument('<run>', runText))
    .description('Measure a run on one split.')
    .addOption(
      new Option('--split <split>', 'which samples').choices([...splits]).default('validation'),
    )
    .option('--open-test <reason>', 'open the sealed test set, and why; it is written down')
    .action((run: string, options: RootOptions & EvaluateFlags) =>
      perform(options, (terminal) =>
        evaluate(terminal, run, {
          root: path.resolve(options.out),
          split: options.split,
          ...(options.openTest === undefined ? {} : { openReason: options.openTest }),
        }),
      ),
    );
}

function addOtherVerbs(program: Command, perform: Perform): void {
  const ofEngines = addVerb(program, 'engines')
    .description('Say what can compute on this machine.')
    .action((options: CommonOptions) => perform(options, engines));
  addVerb(ofEngines, 'install')
    .description('Build an engine for this machine, from npm and PyPI.')
    .addArgument(new Argument('<engine>', 'which engine').choices([...tensorflowEngineIds]))
    // A parent takes an option that both have, wherever it stands.
    .action((engine: TensorflowEngineId, _: CommonOptions, command: Command) =>
      perform(command.optsWithGlobals(), (terminal) => installEngine(terminal, engine)),
    );
  addVerb(program, 'schema')
    .description('Print the JSON Schema of experiment files.')
    .action((options: CommonOptions) =>
      perform(options, (terminal) => {
        terminal.answer(editorSchema());
        return Promise.resolve(exitCodes.good);
      }),
    );
  program
    .command('language-server')
    .description('Serve an editor with the language server.')
    .option('--stdio', 'over standard input and output, which is the only way')
    .action(async () => {
      const { serveStdio } = await import('../language/index');
      serveStdio();
    });
}

function withFileOptions(command: Command): Command {
  const collect = (argument: string, before: readonly Override[]) => [
    ...before,
    checked(() => parseOverride(argument)),
  ];
  return command
    .option(
      '--set <path=value>',
      'a value in the place of the one in the file; can be repeated',
      collect,
      [],
    )
    .option('--seed <seed>', 'another seed', wholeNumber(0, 4294967295));
}

function withEngine(command: Command): Command {
  return command.addOption(
    new Option('--engine <engine>', 'what computes')
      .choices(['auto', ...engineIds])
      .default('auto'),
  );
}

function withRoot(command: Command): Command {
  return command.option('--out <folder>', 'the folder of runs', runsFolder);
}

/** A verb that can answer programs. */
function addVerb(program: Command, name: string): Command {
  return program.command(name).option('--json', 'answer with JSON on stdout');
}

function overridesOf({ set, seed }: FileOptions): readonly Override[] {
  return seed === undefined ? set : [...set, { path: ['seed'], value: seed }];
}

/** A parser for commander; what is wrong with an argument is said beside its name. */
function wholeNumber(minimum: number, maximum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw isForUser(error) ? new InvalidArgumentError(error.message) : error;
  }
}
