import os from 'node:os';

/**
 * Threads for a run when nobody asks for a number: all processors but one, which is left to the editor;
 * both of two, because half the speed would be a high price.
 */
export function defaultThreads(processors = os.availableParallelism()): number {
  return processors <= 2 ? processors : processors - 1;
}
