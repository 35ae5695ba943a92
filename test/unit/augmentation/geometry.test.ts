import assert from 'node:assert/strict';
import { useEngine } from '../engine/support';
import { augmented, movedTargets, range, spread, type Shape4 } from './support';

/** An image of which no two pixels are alike. */
function distinct([batch, height, width, channels]: Shape4): Float32Array {
  return Float32Array.from({ length: batch * height * width * channels }, (_, i) => i / 4096);
}

/** Rows as text, to compare images that only moved. */
const textOf = (values: ArrayLike<number>) => Array.from(values).join();

describe('augmentations that move pixels', () => {
  useEngine();

  it('flip up-down is a mirror, and twice is the identity', () => {
    const shape: Shape4 = [2, 5, 4, 3];
    const always = [{ type: 'flipUpDown', probability: 1 }];
    const source = distinct(shape);
    const once = augmented(always, source, shape);
    for (const row of range(5)) {
      const from = source.subarray((4 - row) * 12, (5 - row) * 12);
      assert.deepEqual(once.subarray(row * 12, (row + 1) * 12), from);
    }
    assert.deepEqual(augmented(always, once, shape), source);
  });

  it('quarter turns give the four orientations alike, none of them mirrored', () => {
    const shape: Shape4 = [1, 3, 3, 1];
    const count = 4000;
    const one = distinct(shape);
    const images = new Float32Array(9 * count);
    for (const row of range(count)) images.set(one, 9 * row);
    const turned = augmented([{ type: 'rotate90' }], images, [count, 3, 3, 1]);
    const seen = new Map<string, number>();
    for (const row of range(count)) {
      const text = textOf(turned.subarray(9 * row, 9 * row + 9));
      seen.set(text, (seen.get(text) ?? 0) + 1);
    }
    const quarter = (image: readonly number[]) => [2, 5, 8, 1, 4, 7, 0, 3, 6].map((i) => image[i]!);
    let orientation = [...one];
    for (let turn = 0; turn < 4; turn++) {
      // Binomial: 1000 ± 27; five deviations either way.
      assert.ok(Math.abs(seen.get(textOf(orientation))! - 1000) < 137, `${turn} turns`);
      orientation = quarter(orientation);
    }
    assert.deepEqual(orientation, [...one]);
    assert.equal(seen.size, 4);
  });

  it('quarter turns keep the shape of an image that is not square', () => {
    const shape: Shape4 = [200, 2, 3, 2];
    const source = distinct(shape);
    const turned = augmented([{ type: 'rotate90' }], source, shape);
    let halfTurns = 0;
    for (const row of range(200)) {
      const [before, after] = [source, turned].map((all) => [
        ...all.subarray(row * 12, row * 12 + 12),
      ]);
      const half = [10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1].map((i) => before![i]!);
      if (textOf(after!) === textOf(half)) halfTurns++;
      else assert.deepEqual(after, before);
    }
    assert.ok(Math.abs(halfTurns - 100) < 36, String(halfTurns));
  });

  it('a crop moves by whole pixels, each shift as likely, with what the border says beyond', () => {
    const count = 2000;
    const side = 9;
    const images = new Float32Array(count * side * side);
    for (const row of range(count)) images[row * side * side + 4 * side + 4] = 1;
    const moved = augmented([{ type: 'crop', paddingPx: 2 }], images, [count, side, side, 1]);
    const seen = new Map<number, number>();
    for (const row of range(count)) {
      const at = moved.subarray(row * side * side, (row + 1) * side * side).indexOf(1);
      seen.set(at, (seen.get(at) ?? 0) + 1);
    }
    assert.equal(seen.size, 25);
    for (const [at, times] of seen) {
      assert.ok(Math.abs((at % side) - 4) <= 2 && Math.abs(Math.floor(at / side) - 4) <= 2);
      // Binomial: 80 ± 8.8; five deviations either way.
      assert.ok(Math.abs(times - 80) < 44, `${at}: ${times}`);
    }
    const ones = new Float32Array(50 * 16).fill(1);
    const dark = augmented([{ type: 'crop', paddingPx: 2 }], ones, [50, 4, 4, 1]);
    assert.ok(dark.includes(0));
    const edges = [{ type: 'crop', paddingPx: 2, border: 'nearest' }];
    assert.ok(!augmented(edges, ones, [50, 4, 4, 1]).includes(0));
  });

  it('every border goes on as it says', () => {
    // Moved by whole pixels over an image of three: what is seen of it tells the rule.
    const line = Float32Array.of(1, 2, 3);
    const beyond = {
      zero: [0, 0, 0, 1, 2, 3, 0, 0, 0],
      nearest: [1, 1, 1, 1, 2, 3, 3, 3, 3],
      mirror: [2, 3, 2, 1, 2, 3, 2, 1, 2],
      symmetric: [3, 2, 1, 1, 2, 3, 3, 2, 1],
      circular: [1, 2, 3, 1, 2, 3, 1, 2, 3],
    };
    const images = new Float32Array(300);
    for (const row of range(100)) images.set(line, 3 * row);
    for (const [border, expected] of Object.entries(beyond)) {
      const crop = { type: 'crop', paddingPx: 3, border };
      const moved = augmented([crop], images, [100, 1, 3, 1]);
      const seen = new Set(range(100).map((row) => textOf(moved.subarray(3 * row, 3 * row + 3))));
      // A zero border is met above and below the image as well.
      const known = new Set(range(7).map((start) => textOf(expected.slice(start, start + 3))));
      if (border === 'zero') known.add('0,0,0');
      assert.deepEqual([...seen].sort(), [...known].sort(), border);
    }
  });

  it('a resized crop leaves a ramp a ramp, of the slope of the part that it shows', () => {
    const [count, side] = [300, 16];
    const images = Float32Array.from({ length: count * side * side }, (_, i) => {
      const pixel = i % (side * side);
      return Math.floor(pixel / side) + 100 * (pixel % side);
    });
    const step = { type: 'randomResizedCrop', smallestArea: 0.4, aspect: 1.5 };
    const seen = augmented([step], images, [count, side, side, 1]);
    const slopes = range(count).map((row) => {
      const at = (y: number, x: number) => seen[row * side * side + y * side + x]!;
      const [down, across] = [(at(9, 8) - at(7, 8)) / 2, (at(8, 9) - at(8, 7)) / 200];
      for (let y = 4; y < 12; y++) {
        for (let x = 4; x < 12; x++) {
          const expected = at(8, 8) + down * (y - 8) + 100 * across * (x - 8);
          assert.ok(Math.abs(at(y, x) - expected) < 2e-3, `image ${row} at ${y}, ${x}`);
        }
      }
      return [down, across] as const;
    });
    for (const [down, across] of slopes) {
      assert.ok(down <= 1.001 && across <= 1.001 && down * across > 0.39);
      assert.ok(across / down < 1.51 && down / across < 1.51);
    }
    const areas = slopes.map(([down, across]) => down * across);
    assert.ok(Math.min(...areas) < 0.45 && Math.max(...areas) > 0.9);
  });

  it('an elastic deformation displaces by its strength, both ways and smoothly', () => {
    const [count, side] = [60, 40];
    const ramp = (along: 'rows' | 'columns') =>
      Float32Array.from({ length: count * side * side }, (_, i) =>
        along === 'rows' ? Math.floor((i % (side * side)) / side) : i % side,
      );
    const step = { type: 'elastic', strengthPx: 1.5, sigmaPx: 3 };
    for (const along of ['rows', 'columns'] as const) {
      const source = ramp(along);
      const moved = augmented([step], source, [count, side, side, 1]);
      const shifts = [...moved].map((value, i) => value - source[i]!);
      // Away from the border, where a ramp shows displacements as they are.
      const inner = shifts.filter((_, i) => {
        const [y, x] = [Math.floor((i % (side * side)) / side), i % side];
        return Math.min(y, x, side - 1 - y, side - 1 - x) >= 8;
      });
      const { mean, deviation } = spread(inner);
      // Some 60 · 24² / (4π 3²) independent places.
      assert.ok(Math.abs(mean) < 0.5 && Math.abs(deviation - 1.5) < 0.15, `${mean} ${deviation}`);
      // Neighbours are correlated by exp(−1 / 4σ²).
      const steps = inner
        .slice(1)
        .flatMap((value, i) => (i % 24 === 23 ? [] : [value - inner[i]!]));
      const expected = 1.5 * Math.sqrt(2 * (1 - Math.exp(-1 / 36)));
      assert.ok(Math.abs(spread(steps).deviation / expected - 1) < 0.1);
    }
  });

  it('a bicubic transform leaves a parabola a parabola', () => {
    const side = 24;
    const at = (y: number, x: number) => 0.01 * y * y - 0.02 * x * y + 0.005 * x * x + 0.1 * x;
    const source = Float32Array.from({ length: side * side }, (_, i) =>
      at(Math.floor(i / side), i % side),
    );
    const step = { type: 'affine', translate: 0.1, interpolation: 'bicubic', border: 'nearest' };
    const shape: Shape4 = [1, side, side, 1];
    const moved = augmented([step], source, shape);
    // The shift is read off the second image, a ramp, which moves by the same draws.
    const ramps = ['rows', 'columns'].map((along) => {
      const ramp = source.map((_, i) => (along === 'rows' ? Math.floor(i / side) : i % side));
      return augmented([step], ramp, shape)[12 * side + 12]! - 12;
    });
    assert.ok(Math.abs(ramps[0]! % 1) > 0.05 && Math.abs(ramps[1]! % 1) > 0.05);
    for (let y = 6; y < 18; y++) {
      for (let x = 6; x < 18; x++) {
        const expected = at(y + ramps[0]!, x + ramps[1]!);
        assert.ok(Math.abs(moved[y * side + x]! - expected) < 2e-5, `at ${y}, ${x}`);
      }
    }
  });

  it('cutout hides a rectangle of its size around any pixel', () => {
    const [count, height, width] = [500, 8, 12];
    const ones = new Float32Array(count * height * width * 2).fill(1);
    const step = { type: 'cutout', size: 0.25, value: 0.5 };
    const cut = augmented([step], ones, [count, height, width, 2]);
    const hidden = range(count).map((row) => {
      const image = cut.subarray(row * 192, (row + 1) * 192);
      return image.filter((value) => value === 0.5).length / 2;
    });
    // 2 × 3 pixels, fewer at the edges: down to one row and two columns.
    assert.deepEqual(
      [...new Set(hidden)].sort((a, b) => a - b),
      [2, 3, 4, 6],
    );
    assert.ok(cut.every((value) => value === 1 || value === 0.5));
  });

  it('targets move with their images; names of classes are never mixed', () => {
    const shape: Shape4 = [20, 12, 12, 1];
    const labels = Float32Array.from({ length: 20 * 144 }, (_, i) => (i * 7) % 5);
    const affine = { type: 'affine', rotateDegrees: 40, translate: 0.2, probability: 0.7 };
    const moves = [
      { type: 'flipLeftRight' },
      { type: 'oneOf', choices: [affine, { type: 'rotate90' }, { type: 'elastic' }] },
      { type: 'crop' },
    ];
    const nearest = moves.map((step) =>
      'choices' in step
        ? {
            ...step,
            choices: step.choices!.map((choice) =>
              'type' in choice && choice.type !== 'rotate90'
                ? { ...choice, interpolation: 'nearest' }
                : choice,
            ),
          }
        : step,
    );
    const others = [{ type: 'gaussianNoise' }, { type: 'cutout' }, { type: 'blur' }];
    const asMask = movedTargets([...moves, ...others], labels, shape, 'mask');
    assert.ok(asMask.every((value) => Number.isInteger(value)));
    assert.deepEqual(asMask, augmented(nearest, labels, shape));
    const asImage = movedTargets([...moves, ...others], labels, shape, 'image');
    assert.deepEqual(asImage, augmented(moves, labels, shape));
    assert.deepEqual(movedTargets(others, labels, shape, 'mask'), labels);
  });
});
