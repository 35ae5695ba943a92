import assert from 'node:assert/strict';
import { createSharedMemory, Heap } from '../../../server/training/engine/backend/heap';
import { numbers } from './support';

describe("the engine's heap", () => {
  it('never hands out overlapping blocks, whatever the order of frees', () => {
    const heap = new Heap(createSharedMemory(), 1024);
    const live = new Map<number, number>();
    const draws = numbers(4000, 11);
    for (let i = 0; i < draws.length; i += 2) {
      const size = Math.floor(10 ** (1 + 2.5 * (draws[i]! + 1)));
      if (draws[i + 1]! > 0 || live.size === 0) {
        const pointer = heap.allocate(size);
        assert.equal(pointer % 64, 0);
        for (const [other, length] of live) {
          assert.ok(pointer + size + 64 <= other || other + length + 64 <= pointer, `step ${i}`);
        }
        live.set(pointer, size);
      } else {
        const [pointer] = [...live.keys()].slice(Math.floor(-draws[i + 1]! * live.size));
        heap.free(pointer!);
        live.delete(pointer!);
      }
    }
    for (const pointer of live.keys()) heap.free(pointer);
    assert.equal(heap.usedBytes, 0);
  });

  it('reuses what was freed: repeated work does not grow the memory', () => {
    const heap = new Heap(createSharedMemory(), 1024);
    const work = (): void => {
      const pointers = [5e6, 100, 3e6, 7e5, 64, 5e6].map((size) => heap.allocate(size));
      for (const idx of [2, 0, 5, 1, 4, 3]) heap.free(pointers[idx]!);
    };
    work();
    const { totalBytes } = heap;
    for (let i = 0; i < 50; i++) work();
    assert.equal(heap.totalBytes, totalBytes);
  });

  it('joins freed neighbours into room for a larger block', () => {
    const heap = new Heap(createSharedMemory(), 1024);
    const parts = [1, 2, 3].map(() => heap.allocate(1e6));
    const end = heap.allocate(1e6);
    for (const part of [parts[1]!, parts[0]!, parts[2]!]) heap.free(part);
    assert.equal(heap.allocate(3e6), parts[0]);
    heap.free(end);
  });

  it('keeps views valid while the memory grows', () => {
    const heap = new Heap(createSharedMemory(), 1024);
    const view = new Float32Array(heap.bytes, heap.allocate(16), 4);
    view.set([1, 2, 3, 4]);
    const before = heap.totalBytes;
    heap.allocate(before * 2);
    assert.ok(heap.totalBytes > before);
    const again = new Float32Array(heap.bytes, view.byteOffset, 4);
    again[0] = 9;
    assert.deepEqual([...view], [9, 2, 3, 4]);
  });

  it('refuses to free twice', () => {
    const heap = new Heap(createSharedMemory(), 1024);
    const pointer = heap.allocate(10);
    heap.free(pointer);
    assert.throws(() => heap.free(pointer), /freed twice/);
  });

  it('says how much it had when memory runs out', () => {
    const memory = {
      buffer: new ArrayBuffer(65536),
      grow: () => assert.fail('no more pages'),
      mostBytes: 65536,
    };
    const heap = new Heap(memory, 1024);
    assert.throws(() => heap.allocate(10 * 2 ** 20), /ran out of memory: 10 MiB.*smaller batch/);
  });
});
