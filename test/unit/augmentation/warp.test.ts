import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { inverseOf, type Motion } from '../../../server/training/augmentation/affine';
import { warp } from '../../../server/training/augmentation/warp';

interface Fixture {
  readonly shape: readonly [number, number, number];
  readonly image: readonly number[];
  readonly cases: readonly {
    readonly motion: Motion;
    readonly interpolation: 'bilinear' | 'nearest';
    readonly border: 'zero' | 'nearest';
    readonly expected: readonly number[];
  }[];
}

const file = path.join(__dirname, '../../fixtures/data/warps.json');
const { shape, image, cases } = JSON.parse(readFileSync(file, 'utf8')) as Fixture;

const still: Motion = { rotateDegrees: 0, shift: [0, 0], scale: 1, shearDegrees: 0 };
const smooth = { interpolation: 'bilinear', border: 'zero' } as const;

function moved(
  source: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  motion: Partial<Motion>,
  sampling: Parameters<typeof warp>[4] = smooth,
): Float32Array {
  const size = { height, width, channels };
  const out = new Float32Array(source.length);
  warp(source, out, size, inverseOf({ ...still, ...motion }, size), sampling);
  return out;
}

describe('the affine transform', () => {
  for (const { motion, interpolation, border, expected } of cases) {
    const { rotateDegrees, shift, scale, shearDegrees } = motion;
    it(`is SciPy's: ${rotateDegrees}°, shift ${shift.join(' ')}, × ${scale}, shear ${shearDegrees}°, ${interpolation}, border ${border}`, () => {
      const found = moved(Float32Array.from(image), shape, motion, { interpolation, border });
      found.forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]!) < 1e-6, `value ${i}: ${value} for ${expected[i]}`);
      });
    });
  }

  for (const interpolation of ['bilinear', 'nearest'] as const) {
    it(`is the identity after four turns of 90°, ${interpolation}`, () => {
      for (const side of [6, 7]) {
        const source = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i * 1.7));
        let turned: Float32Array = source;
        for (let turn = 0; turn < 4; turn++) {
          turned = moved(
            turned,
            [side, side, 1],
            { rotateDegrees: 90 },
            { interpolation, border: 'zero' },
          );
          if (turn < 3) assert.notDeepEqual(turned, source);
        }
        assert.deepEqual(turned, source);
      }
    });
  }

  it('turns counter-clockwise and moves down and right', () => {
    // A 3 × 3 image whose only light is at the right.
    const right = Float32Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0);
    const top = moved(right, [3, 3, 1], { rotateDegrees: 90 });
    assert.deepEqual([...top], [0, 1, 0, 0, 0, 0, 0, 0, 0]);
    const lowered = moved(right, [3, 3, 1], { shift: [1 / 3, -1 / 3] });
    assert.deepEqual([...lowered], [0, 0, 0, 0, 0, 0, 0, 1, 0]);
  });

  it('leaves a ramp a ramp wherever it sees the image', () => {
    const side = 21;
    const plane = (y: number, x: number) => 0.03 * y + 0.02 * x;
    const source = Float32Array.from({ length: side * side }, (_, i) =>
      plane(Math.floor(i / side), i % side),
    );
    const motion = {
      rotateDegrees: 23,
      shift: [0.05, -0.08],
      scale: 1.4,
      shearDegrees: 9,
    } as const;
    const out = moved(source, [side, side, 1], motion);
    const at = (y: number, x: number) => out[y * side + x]!;
    const across = at(10, 11) - at(10, 10);
    const down = at(11, 10) - at(10, 10);
    for (let y = 5; y <= 15; y++) {
      for (let x = 5; x <= 15; x++) {
        const expected = at(10, 10) + down * (y - 10) + across * (x - 10);
        assert.ok(Math.abs(at(y, x) - expected) < 1e-6, `at ${y}, ${x}`);
      }
    }
    // The ramp is turned and, seen at 1.4 times the size, less steep.
    const determinant = 1.4 ** 2;
    const { matrix } = inverseOf(motion, { height: side, width: side });
    const [a, b, c, d] = matrix;
    assert.ok(Math.abs((a * d - b * c) * determinant - 1) < 1e-12);
    assert.ok(Math.abs(down - (0.03 * a + 0.02 * c)) < 1e-6);
    assert.ok(Math.abs(across - (0.03 * b + 0.02 * d)) < 1e-6);
  });
});
