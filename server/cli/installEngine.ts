import type { EngineInstallEvent, TensorflowEngineId } from '#common/engine';
import { installEngine as install } from '../training/index';
import { exitCodes, type ExitCode } from './exit';
import { listenForInterrupts } from './interrupts';
import { style, type Terminal } from './terminal';

/** Builds TensorFlow's engine for this machine, and says how far it is. */
export async function installEngine(
  terminal: Terminal,
  engine: TensorflowEngineId,
): Promise<ExitCode> {
  const interrupts = listenForInterrupts(terminal, 'taking away what was begun');
  const { signal } = interrupts;
  try {
    const onStep = (step: number, steps: number, title: string) =>
      tell(terminal, { event: 'step', step, steps, title });
    const installed = await install(engine, { env: process.env, signal, onStep });
    tell(terminal, { event: 'end', engine, ...installed });
    return exitCodes.good;
  } catch (error) {
    if (!signal.aborted) throw error;
    return exitCodes.interrupted;
  } finally {
    interrupts.dispose();
  }
}

function tell(terminal: Terminal, event: EngineInstallEvent): void {
  if (terminal.json) return terminal.answer(event);
  if (event.event === 'step') {
    return terminal.say(`${style.dim(`[${event.step}/${event.steps}]`)} ${event.title}`);
  }
  const { engine, description, folder } = event;
  terminal.say(`${style.green('Ready')}: the engine "${engine}" is ${description}, in ${folder}`);
}
