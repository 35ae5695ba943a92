import { useEffect, useState } from 'preact/hooks';
import type { RunAction, RunView } from '#common/protocol/panel';
import { doneFraction, epochUnderWay, stepsLeft } from '#common/run/progress';
import { sizeText } from '#common/sizeText';
import type { RunRecord } from '#common/run/record';
import { isLive } from '#common/run/status';
import { formatCount, formatDuration, formatNumber } from '../charts/format';
import type { RunModel } from './runModel';

/** Name, state and progress of the run, and what can be done with it now. */
export function Header({ model, view }: { readonly model: RunModel; readonly view: RunView }) {
  const { record } = view;
  const { engine, status } = record;
  const progress = isLive(status) ? model.progressOf(record) : record.progress;
  return (
    <header>
      <div class="title">
        <h1>{record.name}</h1>
        <span class={`badge ${status}`}>{status}</span>
        <div class="buttons">
          {buttonsOf(status).map(({ action, label, isMain }) => (
            <vscode-button
              key={action}
              appearance={isMain ? 'primary' : 'secondary'}
              disabled={model.busy !== undefined}
              onClick={() => void model.act(action)}
            >
              {label}
            </vscode-button>
          ))}
        </div>
      </div>
      <progress
        class={status}
        max={1}
        value={doneFraction(progress)}
        aria-label={`Epoch ${progress.epoch} of ${progress.epochs}`}
      />
      <ProgressText record={record} progress={progress} stepsPerSecond={model.stepsPerSecond} />
      {engine !== undefined && (
        <p class="engine">
          <b>{engine.description}</b>, {engine.threads}{' '}
          {engine.threads === 1 ? 'thread' : 'threads'}
          {record.memoryBytes !== undefined && `, ${sizeText(record.memoryBytes)} of memory`}
          <span class="faint"> · {engine.reason}</span>
        </p>
      )}
    </header>
  );
}

interface Button {
  readonly action: RunAction;
  readonly label: string;
  readonly isMain?: boolean;
}

const log: Button = { action: 'openLog', label: 'Show Log' };

function buttonsOf(status: RunRecord['status']): readonly Button[] {
  const stop: Button = { action: 'stop', label: 'Stop' };
  switch (status) {
    case 'queued':
      return [stop, log];
    case 'running':
      return [{ action: 'pause', label: 'Pause', isMain: true }, stop, log];
    case 'paused':
      return [{ action: 'continue', label: 'Continue', isMain: true }, stop, log];
    case 'stopped':
    case 'interrupted':
    case 'failed':
      return [{ action: 'resume', label: 'Resume', isMain: true }, log];
    case 'finished':
      return [log];
  }
}

function ProgressText(props: {
  readonly record: RunRecord;
  readonly progress: RunRecord['progress'];
  readonly stepsPerSecond: number | undefined;
}) {
  const { record, progress, stepsPerSecond } = props;
  const { status } = record;
  const nowMs = useClock(isLive(status));
  const parts: string[] = [];
  if (status === 'queued') parts.push('Starting the trainer…');
  else {
    parts.push(`Epoch ${epochUnderWay(progress)} of ${progress.epochs}`);
    if (isLive(status) && progress.stepsPerEpoch > 0) {
      parts.push(`step ${formatCount(progress.step)} of ${formatCount(progress.stepsPerEpoch)}`);
    }
    parts.push(`${Math.floor(doneFraction(progress) * 100)} %`);
  }
  const elapsed = elapsedSeconds(record, nowMs);
  if (elapsed !== undefined) {
    const span = formatDuration(elapsed);
    parts.push(isLive(status) ? `${span} since the start` : `took ${span}`);
  }
  if (status === 'running' && stepsPerSecond !== undefined) {
    parts.push(`about ${formatDuration(stepsLeft(progress) / stepsPerSecond)} left`);
    parts.push(`${formatNumber(stepsPerSecond)} steps/s`);
  }
  return <p class="progress-text">{parts.join(' · ')}</p>;
}

/** The time now, each second while it matters. */
function useClock(isTicking: boolean): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!isTicking) return undefined;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return nowMs;
}

function elapsedSeconds({ started, ended, status }: RunRecord, nowMs: number): number | undefined {
  if (started === undefined) return undefined;
  const endMs = isLive(status) ? nowMs : Date.parse(ended ?? '');
  const seconds = (endMs - Date.parse(started)) / 1000;
  return Number.isFinite(seconds) ? seconds : undefined;
}
