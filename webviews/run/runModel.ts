import type { RunAction, RunPageEvents, RunPageRequests, RunView } from '#common/protocol/panel';
import { progressAfter } from '#common/run/progress';
import type { RunRecord } from '#common/run/record';
import { tags } from '#common/run/series';
import { messageOf } from '#common/protocol/rpc';
import { createCurves, type Curves } from '../charts/curves';
import type { HostLine } from '../shared/host';

/** What the user has set on the page, and whose page it is; kept by VS Code. */
interface KeptState {
  readonly folder?: string;
  readonly isLogarithmic?: boolean;
}

/** The state of the page. */
export interface RunModel {
  readonly curves: Curves;
  /** Undefined until the host has answered. */
  readonly view: RunView | undefined;
  readonly stepsPerSecond: number | undefined;
  /** The record's progress, or that of the curves where they are ahead of it. */
  progressOf(record: RunRecord): RunRecord['progress'];
  /** Why nothing, or nothing more, can be shown. */
  readonly problem: string | undefined;
  readonly isLogarithmic: boolean;
  /** The action that the host is busy with. */
  readonly busy: RunAction | undefined;
  setLogarithmic(value: boolean): void;
  act(action: RunAction): Promise<void>;
  /** Asks the host for the run. */
  start(): Promise<void>;
  /** Called after every change of anything but the curves. */
  onChange(listener: () => void): () => void;
}

export function createRunModel(host: HostLine<RunPageRequests, RunPageEvents>): RunModel {
  const curves = createCurves();
  const listeners = new Set<() => void>();
  let kept = (host.state ?? {}) as KeptState;
  let view: RunView | undefined;
  let stepsPerSecond: number | undefined;
  let problem: string | undefined;
  let busy: RunAction | undefined;

  const tell = () => listeners.forEach((listener) => listener());
  const keep = (change: KeptState) => host.keep((kept = { ...kept, ...change }));

  host.on('run/changed', (change) => {
    view = change.view ?? view;
    stepsPerSecond = change.stepsPerSecond ?? stepsPerSecond;
    curves.add(change.curves);
    tell();
  });
  host.on('run/lost', ({ message }) => {
    problem = message;
    tell();
  });
  return {
    curves,
    get view() {
      return view;
    },
    get stepsPerSecond() {
      return stepsPerSecond;
    },
    progressOf({ progress }) {
      const steps = curves.get('train', tags.batch('loss'));
      const isEmpty = steps === undefined || steps.length === 0;
      return isEmpty ? progress : progressAfter(progress, steps.xAt(steps.length - 1));
    },
    get problem() {
      return problem;
    },
    get isLogarithmic() {
      return kept.isLogarithmic ?? false;
    },
    get busy() {
      return busy;
    },
    setLogarithmic(value) {
      keep({ isLogarithmic: value });
      tell();
    },
    async act(action) {
      busy = action;
      tell();
      try {
        await host.request('run/act', { action });
      } catch (error) {
        problem = messageOf(error);
      } finally {
        busy = undefined;
        tell();
      }
    },
    async start() {
      try {
        const snapshot = await host.request('page/ready', {});
        keep({ folder: snapshot.folder });
        view = snapshot.view;
        stepsPerSecond = snapshot.stepsPerSecond;
        curves.add(snapshot.curves);
      } catch (error) {
        problem = messageOf(error);
      }
      tell();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
