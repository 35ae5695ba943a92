import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RunView } from '#common/protocol/panel';
import { isLive } from '#common/run/status';
import { chartsOf } from '../charts/chartSpec';
import { createZoom } from '../charts/zoom';
import { LineChart } from '../charts/lineChart';
import { Details } from './details';
import { Facts } from './facts';
import { Header } from './header';
import { Results } from './results';
import type { RunModel } from './runModel';

/** The page of one run. */
export function App({ model }: { readonly model: RunModel }) {
  const [, setVersion] = useState(0);
  useEffect(() => model.onChange(() => setVersion((before) => before + 1)), [model]);
  const { view, problem } = model;
  return (
    <main>
      {problem !== undefined && <Callout kind="error" text={problem} />}
      {view === undefined ? (
        problem === undefined && <p class="empty">Reading the run…</p>
      ) : (
        <Run model={model} view={view} />
      )}
    </main>
  );
}

function Run({ model, view }: { readonly model: RunModel; readonly view: RunView }) {
  const { record, facts, problems } = view;
  const { status, message } = record;
  return (
    <>
      <Header model={model} view={view} />
      {message !== undefined && (
        <Callout kind={status === 'failed' ? 'error' : 'note'} text={message} />
      )}
      {status === 'interrupted' && message === undefined && (
        <Callout
          kind="note"
          text="The trainer is gone without having ended the run. Nothing that was written is lost: Resume goes on from the last checkpoint."
        />
      )}
      {problems.map((text) => (
        <Callout key={text} kind="error" text={text} />
      ))}
      <Charts model={model} view={view} />
      <div class="columns">
        <Results view={view} act={(action) => model.act(action)} busy={model.busy} />
        <Facts record={record} facts={facts} act={(action) => model.act(action)} />
      </div>
      <Details results={view.results} />
    </>
  );
}

function Charts({ model, view }: { readonly model: RunModel; readonly view: RunView }) {
  const { record, facts } = view;
  const specText = JSON.stringify(facts);
  const zoom = useMemo(createZoom, []);
  const charts = useMemo(() => chartsOf(facts), [specText]);
  return (
    <section aria-label="Curves">
      <div class="toolbar">
        <h2>Curves</h2>
        <vscode-checkbox
          checked={model.isLogarithmic}
          onChange={({ target }) => model.setLogarithmic((target as HTMLInputElement).checked)}
        >
          Logarithmic loss
        </vscode-checkbox>
        <span class="hint">Drag to zoom, double-click for all.</span>
      </div>
      <div class="charts">
        {charts.map((spec) => (
          <LineChart
            key={spec.id}
            spec={spec}
            curves={model.curves}
            zoom={zoom}
            stepsPerEpoch={record.progress.stepsPerEpoch}
            isLogarithmic={model.isLogarithmic && spec.canBeLogarithmic}
            emptyText={emptyTextOf(record.status)}
          />
        ))}
      </div>
    </section>
  );
}

function emptyTextOf(status: RunView['record']['status']): string {
  if (status === 'queued') return 'The trainer is starting…';
  return isLive(status) ? 'Waiting for the first step…' : 'The run ended before its first step.';
}

function Callout({ kind, text }: { readonly kind: 'error' | 'note'; readonly text: string }) {
  return (
    <p class={`callout ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      {text}
    </p>
  );
}
