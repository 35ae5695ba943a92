import assert from 'node:assert/strict';
import { createPace } from '../../../extension/panel/pace';

/** A clock that goes on when the test says so. */
function createClock() {
  const timers = new Set<() => void>();
  return {
    setTimeout: ((callback: () => void) => {
      timers.add(callback);
      return callback;
    }) as unknown as typeof setTimeout,
    clearTimeout: ((callback: () => void) =>
      timers.delete(callback)) as unknown as typeof clearTimeout,
    tick(): void {
      const due = [...timers];
      timers.clear();
      for (const callback of due) callback();
    },
  };
}

/** Lets what follows finished promises run. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a pace', () => {
  it('calls at once for the first nudge, and once for all nudges in an interval', async () => {
    const clock = createClock();
    let calls = 0;
    const pace = createPace(50, async () => void calls++, clock);
    pace.nudge();
    assert.equal(calls, 1);
    for (let i = 0; i < 5; i++) pace.nudge();
    await settle();
    assert.equal(calls, 1);
    clock.tick();
    assert.equal(calls, 2);
    await settle();
    clock.tick();
    assert.equal(calls, 2);
  });

  it('makes one call at a time, and one more for nudges during it', async () => {
    const clock = createClock();
    let finish = () => {};
    let calls = 0;
    const call = () => new Promise<void>((resolve) => ((finish = resolve), calls++));
    const pace = createPace(50, call, clock);
    pace.nudge();
    pace.nudge();
    clock.tick();
    assert.equal(calls, 1);
    finish();
    await settle();
    assert.equal(calls, 2);
  });

  it('goes on after a call that fails, and not after it is disposed', async () => {
    const clock = createClock();
    let calls = 0;
    const fail = () => Promise.reject(new Error(`call ${++calls}`));
    const pace = createPace(50, fail, clock);
    pace.nudge();
    await settle();
    clock.tick();
    pace.nudge();
    assert.equal(calls, 2);
    await settle();
    pace.nudge();
    pace.dispose();
    clock.tick();
    assert.equal(calls, 2);
  });
});
