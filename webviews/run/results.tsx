import type { RunAction, RunView } from '#common/protocol/panel';
import { figuresOf, notBetterThanBaseline } from '#common/run/comparison';
import type { SplitResults } from '#common/run/events';
import type { Figures } from '#common/run/record';
import { isLive } from '#common/run/status';
import { splits, type Split } from '#common/run/series';
import { capitalized, figureTitle, formatCount, formatMetric } from '../charts/format';
import { Figure, methodsText } from './figure';

/** A column of the table: the figures of one split, as far as they are known. */
interface Column {
  readonly split: Split;
  readonly count: number | undefined;
  readonly figures: Figures | undefined;
  /** What is known of the split once the run has ended. */
  readonly final: SplitResults | undefined;
}

/** The figures of the three splits; those of the test split are sealed until they are asked for. */
export function Results(props: {
  readonly view: RunView;
  readonly act: (action: RunAction) => Promise<void>;
  readonly busy: RunAction | undefined;
}) {
  const { view, act, busy } = props;
  const { record, testOpenings } = view;
  return (
    <section class="results">
      <h2>Results</h2>
      <FigureTable view={view} />
      {meaningOf(view).map((text) => (
        <p class="hint" key={text}>
          {text}
        </p>
      ))}
      <Warning view={view} />
      <p class="hint">{sealText(view)}</p>
      {!isLive(record.status) && (
        <vscode-button
          appearance="secondary"
          disabled={busy !== undefined}
          onClick={() => void act('openTestSet')}
        >
          {testOpenings.length === 0 ? 'Open Test Set…' : 'Open Test Set Again…'}
        </vscode-button>
      )}
    </section>
  );
}

/** A row for each figure: there are many of them, and three splits. */
function FigureTable({ view }: { readonly view: RunView }) {
  const names = ['loss', ...(view.facts.lossTerms ?? []), ...view.facts.metrics];
  const columns = columnsOf(view);
  return (
    <table>
      <caption>{captionOf(view)}</caption>
      <thead>
        <tr>
          <td />
          {columns.map(({ split }) => (
            <th scope="col" key={split}>
              {capitalized(split)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr data-figure="samples">
          <th scope="row">Samples</th>
          {columns.map(({ split, count }) => (
            <td key={split}>{count === undefined ? '–' : formatCount(count)}</td>
          ))}
        </tr>
        {names.map((name, index) => (
          <tr key={name} data-figure={name}>
            <th scope="row">{figureTitle(name)}</th>
            {columns.map((column) => (
              <Cell key={column.split} column={column} name={name} names={names} index={index} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell(props: {
  readonly column: Column;
  readonly name: string;
  readonly names: readonly string[];
  readonly index: number;
}) {
  const { column, name, names, index } = props;
  const { split, figures, final } = column;
  if (split === 'test' && final === undefined) {
    // One cell beside all figures says it.
    if (index > 0) return null;
    return (
      <td data-split={split} rowSpan={names.length} class="sealed">
        sealed
      </td>
    );
  }
  const { baseline, intervals } = final ?? {};
  const format = (value: number) => formatMetric(name, value);
  const guess = baseline === undefined ? undefined : figuresOf(baseline)[name];
  return (
    <td data-split={split}>
      <Figure format={format} value={figures?.[name]} interval={intervals?.[name]} />
      {guess !== undefined && guess !== null && (
        <div class="interval guess" title={`Guessing ${baseline?.name ?? ''}`}>
          guess {format(guess)}
        </div>
      )}
    </td>
  );
}

function columnsOf({ record, results }: RunView): readonly Column[] {
  return splits.map((split) => {
    const final = results[split];
    const latest = split === 'test' ? undefined : record.latest?.[split];
    return {
      split,
      count: final?.count ?? record.splitCounts?.[split],
      figures: final === undefined ? latest : figuresOf(final),
      final,
    };
  });
}

/** What the small figures mean. */
function meaningOf({ record, results }: RunView): readonly string[] {
  const { train, validation } = results;
  if (train === undefined && isLive(record.status)) {
    return ['Confidence intervals, curves and confusion follow when the run has ended.'];
  }
  const guess = (validation ?? train)?.baseline?.name;
  const texts = [
    methodsText([train?.intervals, validation?.intervals], figureTitle),
    guess === undefined ? '' : `Guess: what ${guess} scores, without looking at the image.`,
  ];
  return texts.filter((text) => text !== '');
}

/** Says where the network is no better than a guess. */
function Warning({ view }: { readonly view: RunView }) {
  const { validation } = view.results;
  const poor = validation === undefined ? [] : notBetterThanBaseline(validation);
  if (poor.length === 0) return null;
  const names = poor.map((name) => figureTitle(name)).join('; ');
  return (
    <p class="callout warning">
      On the validation split the network is no better than a guess: {names}.
    </p>
  );
}

function captionOf({ record, results }: RunView): string {
  if (results.train !== undefined) {
    const { best } = record;
    return best === undefined
      ? 'At the end of the run'
      : `At the end of the run; best epoch: ${best.epoch}`;
  }
  const { epoch } = record.progress;
  return epoch === 0 ? 'Known after the first epoch' : `So far, after epoch ${epoch}`;
}

function sealText({ record, testOpenings }: RunView): string {
  const [first] = testOpenings;
  if (first === undefined) {
    return isLive(record.status)
      ? 'The test split stays sealed while the run goes on: only so its figures tell how well the network does on new images.'
      : 'The test split was never looked at. Open it once the experiment is decided; it can be done honestly once.';
  }
  const when = new Date(first.time).toLocaleString();
  const times = testOpenings.length === 1 ? '' : ` and ${testOpenings.length - 1} more times since`;
  return `The test split was opened on ${when}${times}: “${first.reason}”`;
}
