/** How a run stands. `queued`, `running` and `paused` are live; the others have ended. */
export const runStatuses = [
  'queued',
  'running',
  'paused',
  'finished',
  'stopped',
  'interrupted',
  'failed',
] as const;
export type RunStatus = (typeof runStatuses)[number];

export function isLive(status: RunStatus): boolean {
  return status === 'queued' || status === 'running' || status === 'paused';
}
