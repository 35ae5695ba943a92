import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { decodeEvents } from '#common/events/index';
import { eventFiles } from '#runs/eventLog';
import { removeTemporaryFolders, temporaryFolder } from './sample';

afterEach(removeTemporaryFolders);

/** What fillLog.ts prints. */
interface Report {
  readonly step: number;
  readonly code: string;
  readonly message: string;
  readonly again: string;
  readonly size: number;
}

describe('a metrics log that can grow no further', () => {
  it('says so and keeps every record that was written', async () => {
    const folder = temporaryFolder();
    const script = path.join(__dirname, 'fillLog.ts');
    // A limit of 4 KiB a file meets the same end as a full disk, and needs no rights.
    const command = `ulimit -f 4; exec '${process.execPath}' --import tsx '${script}' '${folder}'`;
    const report = JSON.parse(
      execFileSync('bash', ['-c', command], { encoding: 'utf8' }),
    ) as Report;
    assert.equal(report.code, 'disk/full');
    assert.match(report.message, /metrics log .*events\.out.*disk is full.*Make room/);
    assert.equal(report.again, report.message, 'it fails again while nothing has changed');
    const [name = ''] = await eventFiles(folder);
    const bytes = readFileSync(path.join(folder, name));
    const { events, end, problem } = decodeEvents(bytes);
    assert.equal(problem, undefined);
    assert.equal(end, bytes.length, 'no half record at the end');
    assert.equal(report.size, bytes.length);
    assert.equal(events.length, 1 + report.step, 'the version and every step before the failure');
    assert.ok(report.step > 50);
  });
});
