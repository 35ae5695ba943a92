import { Type, type Static } from '@sinclair/typebox';
import { isLive, runStatuses, type RunStatus } from './status';

export { isLive, runStatuses, type RunStatus };

const figures = Type.Record(Type.String(), Type.Number());
const splitFigures = Type.Object({
  train: Type.Optional(figures),
  validation: Type.Optional(figures),
});

/** Loss and metrics by name: `{ loss: 0.1, accuracy: 0.98 }`. */
export type Figures = Static<typeof figures>;

/** What `run.json` holds. Replaced as a whole, never edited in place. */
export const runRecordSchema = Type.Object({
  format: Type.Literal(1),
  id: Type.String(),
  name: Type.String(),
  status: Type.Unsafe<RunStatus>({ type: 'string', enum: [...runStatuses] }),
  /** For a failed or stopped run: what happened and what to do. */
  message: Type.Optional(Type.String()),
  /** ISO 8601 times. */
  created: Type.String(),
  started: Type.Optional(Type.String()),
  ended: Type.Optional(Type.String()),
  /** The file the run was started from; relative data paths start at its folder. */
  experimentFile: Type.String(),
  seed: Type.Integer(),
  /** What was asked for. */
  request: Type.Object({ engine: Type.String(), threads: Type.Optional(Type.Integer()) }),
  engine: Type.Optional(
    Type.Object({
      id: Type.String(),
      description: Type.String(),
      threads: Type.Integer(),
      reason: Type.String(),
    }),
  ),
  /** Memory that the engine needs at most: what is kept, and the largest pass. */
  memoryBytes: Type.Optional(Type.Integer()),
  versions: Type.Record(Type.String(), Type.String()),
  gitCommit: Type.Optional(Type.String()),
  dataFingerprint: Type.Optional(Type.String()),
  splitCounts: Type.Optional(
    Type.Object({ train: Type.Integer(), validation: Type.Integer(), test: Type.Integer() }),
  ),
  /** SHA-256 over the images and labels of each split. */
  splitFingerprints: Type.Optional(
    Type.Object({ train: Type.String(), validation: Type.String(), test: Type.String() }),
  ),
  /** Process and socket of the live trainer; the token file can be read by its user only. */
  process: Type.Optional(
    Type.Object({ pid: Type.Integer(), socket: Type.String(), tokenFile: Type.String() }),
  ),
  progress: Type.Object({
    epoch: Type.Integer(),
    epochs: Type.Integer(),
    step: Type.Integer(),
    stepsPerEpoch: Type.Integer(),
  }),
  latest: Type.Optional(splitFigures),
  best: Type.Optional(Type.Intersect([Type.Object({ epoch: Type.Integer() }), splitFigures])),
});
export type RunRecord = Static<typeof runRecordSchema>;

/** Names inside a run folder. */
export const runFiles = {
  record: 'run.json',
  experiment: 'experiment.json',
  resolved: 'experiment.resolved.json',
  checkpoints: 'checkpoints',
  results: 'results.json',
  testLog: 'test-log.jsonl',
  log: 'log.txt',
  /** Written when asked for: what each kernel took, for chrome://tracing. */
  profile: 'profile.trace.json',
} as const;

/** Folder of runs, below the workspace folder or the current folder. */
export const runsFolder = '.lightbench/runs';

/** `20260102-030405-digits-blurred-1a2b`, from local time, name and four hex digits. */
export function runId(now: Date, name: string, suffix: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `${day}-${time}-${slug(name)}-${suffix}`;
}

function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  return (
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'experiment'
  );
}
