import { connect } from 'node:net';
import { isLive, type RunRecord } from '#common/run/record';
import { errorCode } from './disk';

/** A queued run whose trainer has not shown itself after this time has lost it. */
const startTimeoutMs = 60_000;

/**
 * Whether a record that says "live" still has its trainer. The process number alone does not tell,
 * because the system gives it to others later; a socket has a listener only while the trainer lives.
 */
export async function hasTrainer(record: RunRecord): Promise<boolean> {
  const { process: trainer } = record;
  if (trainer === undefined) {
    return record.status === 'queued' && Date.now() - Date.parse(record.created) < startTimeoutMs;
  }
  return isProcess(trainer.pid) && (await isListening(trainer.socket));
}

/** The record as it is true now: a live one without trainer is interrupted. */
export async function withTrueStatus(record: RunRecord): Promise<RunRecord> {
  if (!isLive(record.status) || (await hasTrainer(record))) return record;
  return { ...record, status: 'interrupted', process: undefined };
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user cannot be signalled, but it is there.
    return errorCode(error) === 'EPERM';
  }
}

/** Whether somebody accepts connections there; a socket that cannot be judged counts as listening. */
function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', (error) => {
      const code = errorCode(error) ?? '';
      answer(!['ECONNREFUSED', 'ENOENT', 'ENOTSOCK', 'ENOTDIR'].includes(code));
    });
  });
}
