// Run by diskFull.test.ts under a limit on the size of files: logs until it cannot, then tries on.
//   fillLog.ts FOLDER
import { stat } from 'node:fs/promises';
import { CodedError, messageOf } from '#common/protocol/rpc';
import { openEventLog } from '#runs/eventLog';

async function main(folder: string): Promise<void> {
  const log = await openEventLog(folder);
  for (let step = 0; ; step++) {
    log.scalars(step, step, new Map([['loss', step]]));
    try {
      await log.flush();
    } catch (error) {
      const again = await log.flush().then(
        () => 'written',
        (second: unknown) => messageOf(second),
      );
      const code = error instanceof CodedError ? error.code : undefined;
      const { size } = await stat(log.file);
      process.stdout.write(JSON.stringify({ step, code, message: messageOf(error), again, size }));
      return;
    }
  }
}

void main(process.argv[2] ?? '');
