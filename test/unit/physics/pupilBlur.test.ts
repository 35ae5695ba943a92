import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { isMisfit } from '#common/catalogue/component';
import { physicalComponent } from '#common/catalogue/index';
import { aberrationNames } from '#common/catalogue/pupil';
import { buildInstrument, type Instrument } from '../../../server/training/physics/instrument';
import {
  convolve,
  createPupil,
  defocusMode,
  intensityOf,
  pointSpread,
  zernikeMode,
  type Mode,
  type Optics,
} from '../../../server/training/physics/pupilBlur';
import { zernike } from '../../../server/training/physics/zernike';
import { numbers, useEngine } from '../engine/support';
import { assign, checkGradients, contextOf, experimentWith, traceOf } from '../model/support';
import { assertGolden, flat, readGolden, type GoldenCase, type Nested } from './golden';

const { cases, tables } = readGolden('07-pupil-psf.json');

function opticsOf({ params }: GoldenCase): Optics & { readonly n: number } {
  return {
    n: params['n'] as number,
    numericalAperture: params['NA'] as number,
    wavelengthUm: params['lambda_um'] as number,
    pixelUm: params['pixel_um'] as number,
    refractiveIndex: (params['refractive_index'] as number | undefined) ?? 1,
  };
}

/** The modes of a case: Zernike polynomials, then defocus in its form, if it has one. */
function modesOf(golden: GoldenCase): readonly Mode[] {
  const optics = opticsOf(golden);
  const { numericalAperture: na, wavelengthUm, refractiveIndex } = optics;
  const zernikes = ((golden.params['noll'] ?? []) as readonly number[]).map(zernikeMode);
  const exact = defocusMode(optics);
  const paraxial: Mode = (rho) => (na * rho) ** 2 / (2 * refractiveIndex * wavelengthUm);
  const form = String(golden.params['W']);
  if (!form.startsWith('z ')) return zernikes;
  return [...zernikes, form.startsWith('z (sqrt') ? exact : paraxial];
}

/** All inputs of a case as tensors, images with axes for batch and channels. */
function inputsOf({ inputs }: GoldenCase, n: number): Readonly<Record<string, tf.Tensor>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const given = flat(value);
      return [name, given.length === n * n ? image(given, n) : tf.tensor1d(given)];
    }),
  );
}

function image(values: readonly number[] | Float32Array, n: number): tf.Tensor4D {
  return tf.tensor4d(values as Float32Array, [1, n, n, 1]);
}

/** What a case computes of its inputs, by the names of the golden file. */
function outputsOf(
  golden: GoldenCase,
  given: Readonly<Record<string, tf.Tensor>>,
): Readonly<Record<string, tf.Tensor>> {
  const optics = opticsOf(golden);
  const pupil = createPupil(optics, [optics.n, optics.n], modesOf(golden));
  const { A, phi, a, z, x } = given;
  if (A && phi) {
    const open = image(pupil.amplitude, optics.n);
    const amplitude: tf.Tensor4D = tf.mul(open, A);
    const throughput = tf.div(tf.sum(tf.square(amplitude)), tf.sum(open));
    return { h: intensityOf(amplitude, phi as tf.Tensor4D), throughput };
  }
  const h = pointSpread(pupil, [...tf.split(a!, a!.size), ...(z ? [z] : [])]);
  return x ? { y: convolve(x as tf.Tensor4D, h) } : { h };
}

function checkGolden(golden: GoldenCase): void {
  const { id, outputs, g, grads, tol_f32: tolerance } = golden;
  tf.tidy(() => {
    const inputs = inputsOf(golden, opticsOf(golden).n);
    const names = Object.keys(inputs);
    for (const [name, tensor] of Object.entries(outputsOf(golden, inputs))) {
      assertGolden(tensor.dataSync(), outputs[name]!, tolerance.outputs, `${id}: ${name}`);
    }
    const weighted = tf.grads((...given: tf.Tensor[]) => {
      const made = outputsOf(golden, Object.fromEntries(names.map((name, i) => [name, given[i]!])));
      const sums = Object.entries(made).map(([name, tensor]) =>
        tf.sum(tf.mul(tensor, tf.tensor(flat(g[name]!), tensor.shape))),
      );
      return tf.addN(sums);
    })(Object.values(inputs));
    for (const [i, name] of names.entries()) {
      assertGolden(weighted[i]!.dataSync(), grads[name]!, tolerance.grads, `${id}: d${name}`);
    }
  });
}

const layer = { type: 'pupilBlur', pixelUm: 0.5, numericalAperture: 0.25, wavelengthUm: 0.532 };

function build(value: object, size = 8): Instrument {
  const experiment = experimentWith({ physics: [{ ...layer, ...value }] });
  return buildInstrument(traceOf(experiment, [size, size, 1]), experiment);
}

describe('a pupil with aberrations', () => {
  useEngine();

  it('has all the golden cases', () => assert.equal(cases.length, 6));
  for (const golden of cases) {
    it(`agrees with the golden case ${golden.id}`, () => checkGolden(golden));
  }

  it('has the Zernike polynomials of Noll', () => {
    const table = tables['zernike_values'] as Readonly<Record<string, readonly number[]>>;
    const expected = table['Z4..Z15'] as unknown as readonly (readonly number[])[];
    for (const [idx, { noll }] of aberrationNames.entries()) {
      for (const [i, rho] of table['rho']!.entries()) {
        const value = zernike(noll, rho, table['theta']![i]!);
        assert.ok(Math.abs(value - expected[idx]![i]!) < 1e-8, `Z${noll} at ${rho}: ${value}`);
      }
    }
    assert.deepEqual(
      [1, 2, 3].map((noll) => zernike(noll, 0.5, 0.3)),
      [1, Math.cos(0.3), Math.sin(0.3)],
    );
  });

  it('without aberrations passes spatial frequencies as a round pupil does', () => {
    // A radius of 64 samples: the hard edge on a grid makes the difference.
    const [n, radius] = [320, 64];
    const optics = { numericalAperture: 0.25, wavelengthUm: 0.5, refractiveIndex: 1 };
    const pixelUm = (radius * optics.wavelengthUm) / (optics.numericalAperture * n);
    tf.tidy(() => {
      const pupil = createPupil({ ...optics, pixelUm }, [n, n], [zernikeMode(4)]);
      const h = pointSpread(pupil, [tf.scalar(0)]).dataSync<'float32'>();
      const middle = n / 2;
      for (const nu of [0, 0.25, 0.5, 0.75, 1]) {
        let passed = 0;
        h.forEach((value, place) => {
          passed += value * Math.cos((2 * Math.PI * nu * 2 * radius * ((place % n) - middle)) / n);
        });
        const expected = (2 / Math.PI) * (Math.acos(nu) - nu * Math.sqrt(1 - nu * nu));
        assert.ok(Math.abs(passed - expected) < 7e-4, `ν ${nu}: ${passed}, ${expected}`);
      }
    });
  });

  it('loses as much light in the centre as defocus of some waves takes', () => {
    const table = tables['circular_mtf_and_defocus_on_grid'] as readonly Readonly<
      Record<string, Nested>
    >[];
    const row = table.find((entry) => entry['pupil_radius_samples'] === 32)!;
    const n = 128;
    const optics = { numericalAperture: 0.25, wavelengthUm: 0.5, refractiveIndex: 1, pixelUm: 0.5 };
    tf.tidy(() => {
      const pupil = createPupil(optics, [n, n], [zernikeMode(4)]);
      const centre = (waves: number): number =>
        pointSpread(pupil, [tf.scalar(waves)]).dataSync()[(n / 2) * n + n / 2]!;
      const relative = [0.02, 0.05, 0.1, 0.25].map((waves) => centre(waves) / centre(0));
      assertGolden(relative, row['central_intensity']!, 2e-6, 'central intensity');
    });
  });

  it('answers an impulse in the corner with its point-spread function, which comes round or does not', () => {
    const n = 8;
    const impulse = new Array<number>(n * n).fill(0);
    impulse[0] = 1;
    for (const [border, size] of [
      ['circular', n],
      ['zero', 2 * n],
    ] as const) {
      const instrument = build({ border, obliqueTrefoilWaves: 0.1 }, n);
      const [y, h] = tf.tidy(() => {
        const optics = { ...layer, refractiveIndex: 1 };
        const pupil = createPupil(optics, [size, size], [zernikeMode(10)]);
        const made = [
          instrument.apply(image(impulse, n), contextOf(1)),
          pointSpread(pupil, [tf.scalar(0.1)]),
        ].map((tensor) => tensor.dataSync());
        return made as unknown as tf.TensorContainer;
      }) as unknown as readonly Float32Array[];
      instrument.dispose();
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const at = (k: number): number => (k + size / 2) % size;
          const expected = h![at(i) * size + at(j)]!;
          assert.ok(Math.abs(y![i * n + j]! - expected) < 1e-7, `${border}, pixel ${i}, ${j}`);
        }
      }
    }
  });

  it('treats images and channels apart', () => {
    const [n, shape] = [6, [2, 6, 6, 3] as [number, number, number, number]];
    const x = numbers(2 * n * n * 3, 5);
    tf.tidy(() => {
      const pupil = createPupil({ ...layer, refractiveIndex: 1 }, [12, 12], [zernikeMode(7)]);
      const h = pointSpread(pupil, [tf.scalar(0.2)]);
      const together = convolve(tf.tensor4d(x, shape), h).dataSync();
      for (let one = 0; one < 2; one++) {
        for (let channel = 0; channel < 3; channel++) {
          const pixels = (values: ArrayLike<number>): number[] =>
            Array.from({ length: n * n }, (_, p) => values[(one * n * n + p) * 3 + channel]!);
          const alone = convolve(image(pixels(x), n), h).dataSync();
          for (const [p, value] of pixels(together).entries()) {
            assert.ok(Math.abs(value - alone[p]!) < 1e-6, `image ${one}, channel ${channel}`);
          }
        }
      }
    });
  });

  it('learns what it is told to learn', () => {
    const learned = (value: object): readonly string[] => {
      const instrument = build(value);
      const names = [...instrument.parameters]
        .filter(([, { spec }]) => spec.trainable)
        .map(([name]) => name);
      instrument.dispose();
      return names;
    };
    const all = aberrationNames.map(({ name }) => `pupilBlur/${name}`);
    assert.deepEqual(learned({}), []);
    assert.deepEqual(learned({ trainable: true }), all);
    assert.deepEqual(learned({ trainable: true, learn: 'defocus' }), ['pupilBlur/defocusUm']);
  });

  it('differentiates by all that it learns, and keeps that in its range', () => {
    // Between the curvature and what float32 rounds off.
    const steps = { aberrations: 0.004, defocus: 0.05 };
    for (const [learn, step] of Object.entries(steps)) {
      const instrument = build({ trainable: true, learn, defocusUm: 3, verticalComaWaves: 0.1 });
      const variables = new Map(
        [...instrument.parameters]
          .filter(([, { spec }]) => spec.trainable)
          .map(([name, { variable }]) => [name, variable]),
      );
      const [x, weights] = [image(numbers(64, 4), 8), image(numbers(64, 9), 8)];
      checkGradients(() => tf.sum(tf.mul(instrument.apply(x, contextOf(1)), weights)), variables, {
        step,
        tolerance: 0.01,
      });
      for (const variable of variables.values()) assign(variable, [2000]);
      instrument.project();
      for (const [name, variable] of variables) {
        const { maximum } = instrument.parameters.get(name)!.spec;
        assert.equal(variable.dataSync()[0], maximum, name);
      }
      tf.dispose([x, weights]);
      instrument.dispose();
    }
  });

  it('moves the centre of light by the predicted pixels for a tilt', () => {
    const golden = cases.find(({ id }) => id === 'tilt-shifts-psf')!;
    const { rows, cols } = golden.params['shift_px'] as { rows: number; cols: number };
    const { n, ...optics } = opticsOf(golden);
    tf.tidy(() => {
      const pupil = createPupil(optics, [n, n], modesOf(golden));
      const still = pointSpread(pupil, [tf.scalar(0), tf.scalar(0)]).dataSync<'float32'>();
      const moved = pointSpread(pupil, tf.split(tf.tensor1d(flat(golden.inputs['a']!)), 2));
      const found = moved.dataSync<'float32'>();
      const brightest = (h: Float32Array): number => h.indexOf(Math.max(...h));
      assert.equal(brightest(found) - brightest(still), rows * n + cols);
    });
  });

  it('refuses what physics or sampling do not allow, and says what to do', () => {
    const { shape } = physicalComponent('pupilBlur');
    const given = { ...layer, refractiveIndex: 1 };
    const misfit = (value: object): string => {
      const found = shape([8, 8, 1], { ...given, ...value });
      return isMisfit(found) ? `${found.parameter}: ${found.message}` : 'fits';
    };
    assert.equal(misfit({}), 'fits');
    assert.equal(misfit({ pixelUm: 0.532 }), 'fits');
    assert.match(misfit({ pixelUm: 0.6 }), /^pixelUm: .*at most .* = 0\.532 µm.*got 0\.6\. Take/);
    assert.match(
      misfit({ numericalAperture: 1.2, pixelUm: 0.1 }),
      /^numericalAperture: .*below the refractive index 1; got 1\.2\. Lower it/,
    );
    assert.equal(misfit({ numericalAperture: 1.2, refractiveIndex: 1.33, pixelUm: 0.1 }), 'fits');
  });
});
