import { engineIds, type EngineChoice } from '#common/engine';

/** The settings as the rest of the host uses them. */
export interface Settings {
  readonly engine: EngineChoice;
  /** Undefined: as many as the engine finds useful. */
  readonly threads?: number;
  /** Undefined: the Node that runs the extension. */
  readonly nodePath?: string;
  /** Where the user has TensorFlow for Node. Undefined: wherever it is found. */
  readonly tensorflowPath?: string;
  readonly onWindowClose: 'continue' | 'stop';
}

const maxThreads = 256;

/**
 * Makes good values of whatever a settings file holds: a value that makes no sense counts as not set,
 * because the settings editor marks it already.
 */
export function settingsOf(get: (name: string) => unknown): Settings {
  const engine = ['auto' as const, ...engineIds].find((id) => id === get('engine')) ?? 'auto';
  const threads = get('training.threads');
  const nodePath = pathOf(get('training.nodePath'));
  const tensorflowPath = pathOf(get('tensorflow.path'));
  return {
    engine,
    ...(isThreadCount(threads) ? { threads } : {}),
    ...(nodePath === undefined ? {} : { nodePath }),
    ...(tensorflowPath === undefined ? {} : { tensorflowPath }),
    onWindowClose: get('training.onWindowClose') === 'stop' ? 'stop' : 'continue',
  };
}

function pathOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function isThreadCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxThreads;
}
