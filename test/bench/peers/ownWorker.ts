// Lightbench's worker: node ownWorker.ts ENGINE THREADS. It answers requests, a JSON object a line.
import { createInterface } from 'node:readline';
import type * as tf from '@tensorflow/tfjs-core';
import { buildAugmentation } from '../../../server/training/augmentation/augment';
import { createBatchReader } from '../../../server/training/run/batches';
import { openDataset } from '../../../server/training/data/dataset';
import { openEngine } from '../../../server/training/engine/engine';
import { createProgram } from '../../../server/training/engine/program';
import { openNet } from '../nets';
import { timeSteps } from '../timing';
import type { Answer, Request, Versions } from './side';
import type { Subject } from './subject';

async function main([engineId, threads]: readonly string[]): Promise<void> {
  if (engineId !== 'native' && engineId !== 'wasm') throw new Error(`No engine "${engineId}".`);
  const engine = await openEngine(engineId, { threads: Number(threads) });
  const versions: Versions = { Node: process.version, engine: engine.facts.description };
  answer(versions);
  const opened = new Map<string, Step>();
  for await (const line of createInterface({ input: process.stdin })) {
    const { subject, seconds } = JSON.parse(line) as Request;
    try {
      const step = opened.get(subject.name) ?? (await openStep(subject));
      opened.set(subject.name, step);
      const milliseconds = await timeSteps(step, seconds);
      answer({ milliseconds, parameters: subject.parameters });
    } catch (error) {
      answer({ error: String(error) });
    }
  }
  engine.dispose();
}

type Step = () => Promise<unknown>;

async function openStep(subject: Subject): Promise<Step> {
  return subject.name === 'augmentation'
    ? openAugmentation(subject)
    : (await openNet(subject.name)).step;
}

/** Reads and changes the same samples again and again, in another epoch each time so that the draws differ. */
async function openAugmentation({ experiment, image }: Subject): Promise<Step> {
  const { data, seed, training } = experiment;
  const dataset = await openDataset(data.source, { baseFolder: '.', seed });
  const readBatch = createBatchReader(dataset);
  const samples = Int32Array.from({ length: training.batchSize }, (_, idx) => idx);
  const augmentation = buildAugmentation(experiment);
  const program = createProgram({
    inputs: {
      images: { shape: [samples.length, ...image], dtype: 'float32' },
      samples: { shape: [samples.length], dtype: 'int32' },
      epoch: { shape: [], dtype: 'int32' },
    },
    compute: (given) => {
      const epoch = given['epoch'] as tf.Scalar;
      const ofBatch = { epoch, samples: given['samples'] as tf.Tensor1D };
      const ctx = { training: true, seed, split: 'train', ...ofBatch } as const;
      return { images: augmentation.apply(given['images'] as tf.Tensor4D, ctx) };
    },
  });
  const request = { samples: Uint32Array.from(samples), split: 'train', training: true } as const;
  let count = 0;
  return () => {
    const epoch = count++;
    const { images } = readBatch({ ...request, epoch });
    return program.run({ images, samples, epoch: Int32Array.of(epoch) });
  };
}

function answer(value: Versions | Answer): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
