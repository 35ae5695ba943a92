import { tensorflowEngineIds, type EngineInstallEvent } from '#common/engine';

/** A line that `lightbench engines install --json` has printed; undefined when it is no event. */
export function parseInstallEvent(line: string): EngineInstallEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { event, step, steps, title, engine, folder, description } = value as Readonly<
    Record<string, unknown>
  >;
  if (event === 'step' && typeof step === 'number' && typeof steps === 'number') {
    return typeof title === 'string' ? { event, step, steps, title } : undefined;
  }
  const id = tensorflowEngineIds.find((one) => one === engine);
  if (event !== 'end' || id === undefined) return undefined;
  if (typeof folder !== 'string' || typeof description !== 'string') return undefined;
  return { event, engine: id, folder, description };
}
