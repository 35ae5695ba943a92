import type { RunAction, RunFacts } from '#common/protocol/panel';
import type { RunRecord } from '#common/run/record';
import { formatCount } from '../charts/format';

/** What the run is made of. */
export function Facts(props: {
  readonly record: RunRecord;
  readonly facts: RunFacts;
  readonly act: (action: RunAction) => Promise<void>;
}) {
  const { record, facts, act } = props;
  return (
    <section class="facts">
      <h2>Facts</h2>
      <dl>
        {factRows(record, facts).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>Experiment</dt>
          <dd>
            <button type="button" class="link" onClick={() => void act('openExperiment')}>
              {baseName(record.experimentFile)}
            </button>
          </dd>
        </div>
        <div>
          <dt>Folder</dt>
          <dd>
            <button type="button" class="link" onClick={() => void act('reveal')}>
              {record.id}
            </button>
          </dd>
        </div>
      </dl>
    </section>
  );
}

function factRows(record: RunRecord, facts: RunFacts): readonly (readonly [string, string])[] {
  const { data, inputShape, parameters, batchSize } = facts;
  const { splitCounts, seed, created, gitCommit } = record;
  const rows: (readonly [string, string | undefined])[] = [
    ['Data', data],
    ['Image', inputShape?.join(' × ')],
    [
      'Samples',
      splitCounts &&
        `${formatCount(splitCounts.train)} train, ${formatCount(splitCounts.validation)} validation, ${formatCount(splitCounts.test)} test`,
    ],
    ['Parameters', parameters && parametersText(parameters)],
    ['Batch', batchSize === undefined ? undefined : `${formatCount(batchSize)} samples`],
    ['Seed', String(seed)],
    ['Created', new Date(created).toLocaleString()],
    ['Commit', gitCommit?.slice(0, 10)],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function parametersText({ total, trainable }: NonNullable<RunFacts['parameters']>): string {
  const all = formatCount(total);
  return trainable === total ? all : `${all}, of which ${formatCount(trainable)} learn`;
}

function baseName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}
