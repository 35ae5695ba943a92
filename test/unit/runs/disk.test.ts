import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CodedError } from '#common/protocol/rpc';
import { diskError, replaceFile } from '#runs/disk';
import { removeTemporaryFolders, temporaryFolder } from './sample';

afterEach(removeTemporaryFolders);

describe('an error of the disk', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['ENOSPC', 'disk/full', /^Could not write x: the disk is full \(ENOSPC\)\. Make room/],
    ['EDQUOT', 'disk/full', /\(EDQUOT\)/],
    ['EFBIG', 'disk/full', /\(EFBIG\)/],
    ['EACCES', 'disk/read-only', /writing is not allowed \(EACCES\)\. Allow writing there/],
    ['EPERM', 'disk/read-only', /\(EPERM\)/],
    ['EROFS', 'disk/read-only', /\(EROFS\)/],
    ['ENOENT', 'disk/missing', /does not exist \(ENOENT\)\. Check the path/],
    ['EEXIST', 'disk/taken', /something else is there \(EEXIST\)\. Choose another place/],
    ['EIO', 'disk/failed', /^Could not write x: i\/o error\. Check the disk/],
  ];
  for (const [code, expected, message] of cases) {
    it(`says what failed, why, and what to do: ${code}`, () => {
      const error = diskError(Object.assign(new Error('i/o error'), { code }), 'Could not write x');
      assert.equal(error.code, expected);
      assert.match(error.message, message);
      assert.equal(diskError(error, 'Could not do more'), error, 'the first one says it best');
    });
  }
});

describe('a file that is replaced', () => {
  it('holds the new content, and its folder nothing else', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'run.json');
    await replaceFile(file, 'old');
    await Promise.all([replaceFile(file, 'new'), replaceFile(file, 'new')]);
    assert.equal(readFileSync(file, 'utf8'), 'new');
    assert.deepEqual(readdirSync(folder), ['run.json']);
  });

  it('stays as it was when that fails', async () => {
    const folder = temporaryFolder();
    // Nothing can be renamed over a folder that is not empty.
    const target = path.join(folder, 'taken');
    mkdirSync(target);
    writeFileSync(path.join(target, 'kept'), 'kept');
    await assert.rejects(replaceFile(target, 'new'), (error) => error instanceof CodedError);
    assert.deepEqual(readdirSync(folder), ['taken']);
    assert.equal(readFileSync(path.join(target, 'kept'), 'utf8'), 'kept');
  });
});
