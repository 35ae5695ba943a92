import { fork, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import {
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { CodedError, messageOf } from '#common/protocol/rpc';
import type { ServiceRequests } from '#common/protocol/service';
import { codedErrorOf } from '#runs/responseError';
import { nodeOf, programEnvironment, type Programs } from '../programs';

type Method = keyof ServiceRequests;

/**
 * The training service: a process that is started by the first request and lives with the host. If it
 * ends, the next request starts another.
 */
export class TrainingService {
  private running:
    { readonly child: ChildProcess; readonly connection: MessageConnection } | undefined;

  constructor(
    private readonly programs: () => Programs,
    private readonly log: (message: string) => void,
  ) {}

  /** Rejects with the CodedError of the service, or with `service/closed` when it has ended. */
  async request<M extends Method>(
    method: M,
    argument: Parameters<ServiceRequests[M]>[0],
    signal: AbortSignal,
  ): Promise<ReturnType<ServiceRequests[M]>> {
    const { connection } = (this.running ??= this.start());
    const cancellation = new CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    signal.addEventListener('abort', cancel);
    try {
      return await connection.sendRequest(method, argument, cancellation.token);
    } catch (error) {
      const message = `The training service ended before it answered: ${messageOf(error)}`;
      throw codedErrorOf(error) ?? new CodedError('service/closed', message);
    } finally {
      signal.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }

  dispose(): void {
    const { running } = this;
    this.running = undefined;
    running?.connection.dispose();
    running?.child.kill();
  }

  private start() {
    const programs = this.programs();
    const child = fork(path.join(programs.distFolder, 'training.js'), ['serve'], {
      execPath: nodeOf(programs),
      execArgv: [],
      env: programEnvironment(process.env, programs),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const connection = createMessageConnection(
      new IPCMessageReader(child),
      new IPCMessageWriter(child),
    );
    const started = { child, connection };
    const forget = (why: string) => {
      if (this.running !== started) return;
      this.running = undefined;
      this.log(`The training service ended: ${why}.`);
      connection.dispose();
    };
    child.once('error', (error) => forget(error.message));
    child.once('exit', (code, signal) => forget(signal ?? `exit code ${code}`));
    connection.listen();
    this.log(`Started the training service, process ${child.pid ?? 'unknown'}.`);
    return started;
  }
}
