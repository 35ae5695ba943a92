import assert from 'node:assert/strict';
import type { ScheduleValue } from '#common/catalogue/schedules';
import {
  firstScheduleState,
  observeEpoch,
  observeStep,
  rangeAdvice,
  rangeIsLeft,
  scheduleFactor,
  type ScheduleState,
} from '../../../server/training/optimizer/schedule';
import { experimentWith } from '../model/support';

/** A schedule as a file names it, with all defaults. */
function scheduleOf(value: object): ScheduleValue {
  return experimentWith({ optimizer: { type: 'sgd', schedule: value } }).optimizer.schedule!;
}

const frame = { epochs: 10, stepsPerEpoch: 5, learningRate: 0.1 };

function factors(value: object, steps: readonly number[], in_ = frame): readonly number[] {
  return steps.map((step) => scheduleFactor(scheduleOf(value), in_, step));
}

function assertFactors(actual: readonly number[], expected: readonly number[]): void {
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(actual[i]! - value) < 1e-9, `${i}: ${actual[i]} is not ${value}`);
  }
}

describe('schedules', () => {
  it('keep the rate where there is none', () => {
    assert.equal(scheduleFactor(undefined, frame, 17), 1);
    assertFactors(factors({ type: 'constant' }, [0, 49]), [1, 1]);
  });

  it('warm up in equal parts, and begin after it', () => {
    const warm = { type: 'exponential', factor: 0.5, warmUpEpochs: 1 };
    assertFactors(factors(warm, [0, 1, 4, 5, 10]), [1 / 6, 2 / 6, 5 / 6, 1, 0.5]);
  });

  it('step at whole multiples, PyTorch StepLR', () => {
    const steps = { type: 'step', everyEpochs: 2, factor: 0.1 };
    assertFactors(factors(steps, [0, 9, 10, 19, 20]), [1, 1, 0.1, 0.1, 0.01]);
  });

  it('decay exponentially and polynomially as Keras does', () => {
    assertFactors(factors({ type: 'exponential', factor: 0.9 }, [0, 5, 7]), [1, 0.9, 0.9 ** 1.4]);
    const square = { type: 'polynomial', power: 2, floor: 0.1 };
    assertFactors(factors(square, [0, 25, 50, 60]), [1, 0.1 + 0.9 * 0.25, 0.1, 0.1]);
    assertFactors(factors({ type: 'polynomial', epochs: 2 }, [5, 10]), [0.5, 0]);
  });

  it('fall along a cosine and restart with longer, lower periods, Keras CosineDecayRestarts', () => {
    assertFactors(factors({ type: 'cosine' }, [0, 25, 50]), [1, 0.5, 0]);
    const restarts = {
      ...{ type: 'cosine', epochs: 2, periodFactor: 2 },
      ...{ restartFactor: 0.5, floor: 0.1 },
    };
    // Periods of 10 and 20 steps.
    assertFactors(factors(restarts, [0, 5, 10, 20, 30]), [1, 0.55, 0.55, 0.325, 0.1 + 0.9 * 0.25]);
  });

  it('go through one cycle as PyTorch OneCycleLR does', () => {
    // torch.optim.lr_scheduler.OneCycleLR(sgd, max_lr=1, total_steps=10): get_last_lr() after 0 … 9 steps.
    const torch = [
      0.04, 0.52, 1, 0.950484632, 0.811745654, 0.611262022, 0.388741978, 0.188258346, 0.049519368,
      0.000004,
    ];
    const actual = factors(
      { type: 'oneCycle' },
      torch.map((_, step) => step),
      {
        ...frame,
        epochs: 2,
      },
    );
    for (const [i, value] of torch.entries())
      assert.ok(Math.abs(actual[i]! - value) < 1e-8, `${i}`);
  });

  it('reduce on a plateau as Keras ReduceLROnPlateau does', () => {
    const value = scheduleOf({
      ...{ type: 'reduceOnPlateau', factor: 0.5, patience: 2, cooldown: 2, minDelta: 0.01 },
      floor: 0.2,
    });
    let state: ScheduleState = firstScheduleState;
    const reductions = [1, 0.9, 0.895, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5].map(
      (loss) => {
        state = observeEpoch(value, state, { 'validation/loss': loss, 'train/loss': 0 });
        return scheduleFactor(value, frame, 30, state);
      },
    );
    // Two epochs without an improvement of 0.01, then a cooldown of which the last epoch counts again.
    assert.deepEqual(reductions, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]);
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'a checkpoint keeps all of it');
  });

  it('test a range of rates, end when the loss breaks away, and say what was found', () => {
    const value = scheduleOf({ type: 'rangeTest', largest: 10 });
    assertFactors(factors({ type: 'rangeTest', largest: 10 }, [0, 25, 50]), [1, 10, 100]);
    let state: ScheduleState = firstScheduleState;
    let ended = -1;
    for (let step = 0; step < 50 && ended < 0; step++) {
      const learningRate = 0.1 * scheduleFactor(value, frame, step, state);
      const loss = learningRate < 1 ? 2 - learningRate : 50;
      state = observeStep(value, state, { loss, learningRate });
      if (rangeIsLeft(value, state)) ended = step;
    }
    assert.ok(ended >= 25 && ended < 30, `${ended}`);
    assert.match(
      rangeAdvice(state) ?? '',
      /lowest at a learning rate of 0\.91\. .* 0\.091 to 0\.3\./,
    );
    assert.equal(rangeAdvice(firstScheduleState), undefined);
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  });
});
