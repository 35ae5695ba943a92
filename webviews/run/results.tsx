import type { RunAction, RunView } from '#common/protocol/panel';
import { figuresOf, notBetterThanBaseline } from '#common/run/comparison';
import type { SplitResults } from '#common/run/events';
import type { Figures } from '#common/run/record';
import { isLive } from '#common/run/status';
import { splits, type Split } from '#common/run/series';
import { capitalized, figureTitle, formatCount, formatMetric } from '../charts/format';

/** A row of the table: the figures of one split, as far as they are known. */
interface Row {
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
  const { record, facts, testOpenings } = view;
  const names = ['loss', ...(facts.lossTerms ?? []), ...facts.metrics];
  const isSealed = view.results.test === undefined;
  return (
    <section class="results">
      <h2>Results</h2>
      <table>
        <caption>{captionOf(view)}</caption>
        <thead>
          <tr>
            <th scope="col">Split</th>
            <th scope="col">Samples</th>
            {names.map((name) => (
              <th scope="col" key={name}>
                {figureTitle(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowsOf(view).map(({ split, count, figures, final }) => (
            <tr key={split} data-split={split}>
              <th scope="row">{capitalized(split)}</th>
              <td>{count === undefined ? '–' : formatCount(count)}</td>
              {split === 'test' && isSealed ? (
                <td colSpan={names.length} class="sealed">
                  sealed
                </td>
              ) : (
                names.map((name) => (
                  <td key={name}>
                    {cellOf(figures, name)}
                    <Certainty results={final} name={name} />
                  </td>
                ))
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">{sealText(view)}</p>
      {view.results.validation?.baseline !== undefined && (
        <p class="hint">{baselineText(view.results.validation)}</p>
      )}
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

function rowsOf({ record, results }: RunView): readonly Row[] {
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

function cellOf(figures: Figures | undefined, name: string): string {
  const value = figures?.[name];
  return value === undefined || value === null ? '–' : formatMetric(name, value);
}

/** Below a figure: its 95 % interval, and what guessing gives. */
function Certainty(props: { readonly results: SplitResults | undefined; readonly name: string }) {
  const { results, name } = props;
  const interval = results?.intervals?.[name];
  const { baseline } = results ?? {};
  const guess = baseline === undefined ? undefined : figuresOf(baseline)[name];
  return (
    <>
      {interval !== undefined && (
        <div class="interval" title="95 % confidence interval">
          {formatMetric(name, interval.low)} – {formatMetric(name, interval.high)}
        </div>
      )}
      {guess !== undefined && (
        <div class="interval" title={`Guessing ${baseline?.name ?? ''}`}>
          guess {formatMetric(name, guess)}
        </div>
      )}
    </>
  );
}

/** What the small figures mean, and where the network is no better than a guess. */
function baselineText(validation: SplitResults): string {
  const meaning = `Small figures are 95 % intervals, and what guessing ${validation.baseline?.name} gives.`;
  const poor = notBetterThanBaseline(validation);
  if (poor.length === 0) return meaning;
  const names = poor.map((name) => figureTitle(name).toLowerCase()).join(', ');
  return `${meaning} On the validation split the network is no better than that in ${names}.`;
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
