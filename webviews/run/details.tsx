import { useState } from 'preact/hooks';
import type { RunView } from '#common/protocol/panel';
import type { SplitResults } from '#common/run/events';
import { splits, type Split } from '#common/run/series';
import { capitalized } from '../charts/format';
import { Calibration } from './calibration';
import { ClassTable } from './classTable';
import { Confusion } from './confusion';
import { Errors } from './errors';
import { mostCurves } from '#common/run/events';
import { RankingCurves } from './rankingCurves';

/** What is behind the figures of a split: curves, calibration, confusion, single classes. */
export function Details({ results }: { readonly results: RunView['results'] }) {
  const known = splits.filter((split) => hasDetails(results[split]));
  const [wanted, setWanted] = useState<Split>('validation');
  const [wantedClass, choose] = useState<string | undefined>(undefined);
  const split = known.includes(wanted) ? wanted : known[0];
  const shown = split === undefined ? undefined : results[split];
  if (shown === undefined) return null;
  const { perClass = [], confusionMatrix, calibration, errors, curves } = shown;
  const chosen = perClass.find(({ name }) => name === wantedClass)?.name;
  return (
    <section class="details">
      <div class="toolbar">
        <h2>Details</h2>
        <div class="tabs" role="group" aria-label="Split">
          {known.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === split}
              onClick={() => setWanted(one)}
            >
              {capitalized(one)}
            </button>
          ))}
        </div>
        {curves !== undefined && (
          <ClassChoice
            names={perClass.map(({ name }) => name)}
            isBinary={confusionMatrix?.length === 2}
            chosen={chosen}
            choose={choose}
          />
        )}
      </div>
      <div class="figures">
        <RankingCurves results={shown} chosen={chosen} />
        {calibration !== undefined && <Calibration bins={calibration} />}
        {errors !== undefined && <Errors errors={errors} />}
      </div>
      {curves === undefined && perClass.length > mostCurves && (
        <p class="hint">
          ROC and precision–recall curves are worked out for up to {mostCurves} classes.
        </p>
      )}
      <div class="class-details">
        {confusionMatrix !== undefined && (
          <Confusion results={shown} matrix={confusionMatrix} chosen={chosen} />
        )}
        {perClass.length > 0 && (
          <ClassTable results={shown} classes={perClass} chosen={chosen} choose={choose} />
        )}
      </div>
    </section>
  );
}

function ClassChoice(props: {
  readonly names: readonly string[];
  readonly isBinary: boolean;
  readonly chosen: string | undefined;
  readonly choose: (name: string | undefined) => void;
}) {
  const { names, isBinary, chosen, choose } = props;
  return (
    <label class="choice">
      Class{' '}
      <select
        value={chosen ?? ''}
        onChange={({ currentTarget: { value } }) => choose(value === '' ? undefined : value)}
      >
        <option value="">{isBinary ? 'Second against first' : 'All, and their mean'}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function hasDetails(results: SplitResults | undefined): boolean {
  if (results === undefined) return false;
  const { confusionMatrix, perClass, calibration, errors } = results;
  return [confusionMatrix, perClass, calibration, errors].some((one) => one !== undefined);
}
