// Commits the fault that the argument names, on purpose: to see that the sanitizers end the process.
import * as tf from '@tensorflow/tfjs-core';
import { backendName, type KernelBackend } from '../../server/training/engine/backend/backend';
import { blockBytes } from '../../server/training/engine/backend/heap';
import { openEngine } from '../../server/training/engine/engine';
import { faults, type Fault } from './faults';

const sizeBytes = 400;

async function main(fault: Fault): Promise<void> {
  await openEngine('native', { threads: 1 });
  const { heap, kernels } = tf.findBackend(backendName) as unknown as KernelBackend;
  const [, from, to] = [0, 1, 2].map(() => heap.allocate(sizeBytes)) as [number, number, number];
  switch (fault) {
    case 'none':
      // All that is allowed, to the last byte of the slack.
      kernels.unary_negate(from + sizeBytes, to, 32);
      break;
    case 'readBeforeStart':
      kernels.unary_negate(from - 4, to, 1);
      break;
    case 'readPastSlack':
      kernels.unary_negate(from + blockBytes(sizeBytes), to, 1);
      break;
    case 'writePastSlack':
      kernels.fill(to + blockBytes(sizeBytes), 1, 1);
      break;
    case 'useAfterFree':
      heap.free(from);
      kernels.fill(from, 1, 1);
      break;
    case 'overflow':
      kernels.panel_count(2 ** 31 - 1);
      break;
    default:
      fault satisfies never;
  }
}

const wanted = process.argv[2] as Fault;
if (!Object.hasOwn(faults, wanted)) throw new Error(`There is no fault "${wanted}".`);
main(wanted).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
