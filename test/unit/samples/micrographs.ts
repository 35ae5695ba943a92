// Makes the images of samples/images/micrographs: simulated beads, fibres and rings under a microscope.
//   npx tsx test/unit/samples/micrographs.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { draws, streamKey, type Draws } from '#common/rng';

export const side = 24;
const imagesPerClass = 60;
export const micrographFolder = path.join(__dirname, '../../../samples/images/micrographs');

/** How bright the object is at (x, y), from 0 to about 1. */
export type Scene = (x: number, y: number) => number;

export const scenes: Readonly<Record<string, (random: Draws) => Scene>> = {
  beads: (random) => {
    const count = 3 + random.below(4);
    return sumOf(Array.from({ length: count }, () => bead(random)));
  },
  fibres: (random) => sumOf(Array.from({ length: 2 + random.below(2) }, () => fibre(random))),
  rings: (random) => sumOf(Array.from({ length: 1 + random.below(2) }, () => ring(random))),
};

/** One image file of the sample. */
export interface Micrograph {
  /** Below the sample's folder: `beads/beads-01.png`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function makeMicrographs(): readonly Micrograph[] {
  return Object.entries(scenes).flatMap(([kind, makeScene], kindIndex) =>
    Array.from({ length: imagesPerClass }, (_, index) => {
      const random = draws(streamKey(2026, 'synthetic', kindIndex, index));
      const light = expose(makeScene(random), random);
      const { extension, bytes } = encode(light, index);
      const number = String(index + 1).padStart(2, '0');
      return { name: `${kind}/${kind}-${number}.${extension}`, bytes };
    }),
  );
}

function bead(random: Draws): Scene {
  const [x0, y0] = somewhere(random);
  const sigma = between(random, 0.9, 1.6);
  const height = between(random, 0.5, 0.9);
  return (x, y) => height * gauss(Math.hypot(x - x0, y - y0), sigma);
}

function fibre(random: Draws): Scene {
  const [x0, y0] = somewhere(random);
  const angle = Math.PI * random.uniform();
  const bend = between(random, -0.02, 0.02);
  const height = between(random, 0.4, 0.8);
  return (x, y) => {
    const along = (x - x0) * Math.cos(angle) + (y - y0) * Math.sin(angle);
    const across = (y - y0) * Math.cos(angle) - (x - x0) * Math.sin(angle);
    return height * gauss(across - bend * along ** 2, 0.9);
  };
}

function ring(random: Draws): Scene {
  const [x0, y0] = somewhere(random);
  const radius = between(random, 3.5, 7);
  const height = between(random, 0.4, 0.8);
  return (x, y) => height * gauss(Math.hypot(x - x0, y - y0) - radius, 0.9);
}

/** Uneven light, a background, and the noise of some 150 photons in a bright pixel. */
export function expose(scene: Scene, random: Draws): Float64Array {
  const photons = 150;
  const slope = between(random, -0.004, 0.004);
  const light = new Float64Array(side * side);
  for (let i = 0; i < light.length; i++) {
    const x = i % side;
    const mean = 0.12 + slope * (x - side / 2) + scene(x, Math.floor(i / side));
    const noisy = mean + Math.sqrt(mean / photons) * random.normal();
    light[i] = Math.min(1, Math.max(0, noisy));
  }
  return light;
}

/** Every third image has 16 bit and every third is a JPEG, in all classes alike. */
function encode(light: Float64Array, index: number): { extension: string; bytes: Uint8Array } {
  const size = { width: side, height: side };
  if (index % 3 === 2) {
    const data = Uint8Array.from({ length: light.length * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : Math.round(light[i >> 2]! * 255),
    );
    return { extension: 'jpg', bytes: encodeJpeg({ ...size, data }, 92).data };
  }
  const bytes =
    index % 3 === 1
      ? encodePng({ ...size, channels: 1, depth: 16, data: Uint16Array.from(light, to(65535)) })
      : encodePng({ ...size, channels: 1, depth: 8, data: Uint8Array.from(light, to(255)) });
  return { extension: 'png', bytes };
}

export function to(white: number): (value: number) => number {
  return (value) => Math.round(value * white);
}

export function sumOf(scenes: readonly Scene[]): Scene {
  return (x, y) => scenes.reduce((sum, scene) => sum + scene(x, y), 0);
}

function gauss(distance: number, sigma: number): number {
  return Math.exp(-(distance ** 2) / (2 * sigma ** 2));
}

function between(random: Draws, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** In the middle two thirds of the image. */
function somewhere(random: Draws): readonly [number, number] {
  return [between(random, side / 6, (5 * side) / 6), between(random, side / 6, (5 * side) / 6)];
}

if (require.main === module) {
  for (const { name, bytes } of makeMicrographs()) {
    const file = path.join(micrographFolder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
