/**
 * Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon et al., Parallel random numbers: as
 * easy as 1, 2, 3, SC 2011; the generator that JAX uses). A draw depends on its key and its position
 * only, never on what was drawn before, so shuffles, masks and noise can be made in any order, on any
 * thread, and again after a resume.
 */

/** Two 32-bit words that name a stream. */
export type Key = readonly [number, number];

/** What a stream is for; each purpose has streams of its own. */
export type Purpose =
  | 'split'
  | 'shuffle'
  | 'synthetic'
  | `initializer/${string}`
  | `augmentation/${string}`
  | `physics/${string}`
  | `dropout/${string}`
  | 'normalization'
  | 'bootstrap';

/** The stream for (seed, purpose, epoch, sample); leave out what does not apply. */
export function streamKey(seed: number, purpose: Purpose, epoch = 0, sample = 0): Key {
  return sampleKey(purposeKey(seed, purpose), epoch, sample);
}

/** The first half of a stream's key, which kernels that draw for a batch are given. */
export function purposeKey(seed: number, purpose: Purpose): Key {
  return threefry([seed >>> 0, hashText(purpose)], 0, 0);
}

/** The second half: the stream of a sample in an epoch. */
export function sampleKey(purpose: Key, epoch: number, sample: number): Key {
  return threefry(purpose, epoch >>> 0, sample >>> 0);
}

/** One block of Threefry-2x32-20: two words from a key and a counter. */
export function threefry(key: Key, counter0: number, counter1: number): Key {
  const out = new Uint32Array(2);
  threefryInto(key, counter0, counter1, out, 0);
  return [out[0]!, out[1]!];
}

/** Fills `out` with 32-bit words of the stream, from word `start` (even) on. */
export function fillBits(key: Key, out: Uint32Array, start = 0): void {
  const pair = new Uint32Array(2);
  for (let i = 0; i < out.length; i += 2) {
    threefryInto(key, (start + i) >>> 1, 0, pair, 0);
    out[i] = pair[0]!;
    if (i + 1 < out.length) out[i + 1] = pair[1]!;
  }
}

/** Fills `out` with numbers evenly spread over [0, 1), in steps of 2⁻²⁴. */
export function fillUniform(key: Key, out: Float32Array): void {
  const bits = new Uint32Array(out.length);
  fillBits(key, bits);
  for (let i = 0; i < out.length; i++) out[i] = (bits[i]! >>> 8) * 2 ** -24;
}

/** Fills `out` with standard normal numbers (Box and Muller's transform, both values used). */
export function fillNormal(key: Key, out: Float32Array): void {
  const pair = new Uint32Array(2);
  for (let i = 0; i < out.length; i += 2) {
    threefryInto(key, i >>> 1, 0, pair, 0);
    // 1 − u lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(((pair[0]! >>> 0) + 1) * 2 ** -32));
    const angle = 2 * Math.PI * (pair[1]! * 2 ** -32);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
  }
}

/** Draws one after another from a stream, for algorithms that do not know how many they need. */
export interface Draws {
  /** Even over [0, 1), with 32 bits. */
  uniform(): number;
  /** A whole number in [0, bound). */
  below(bound: number): number;
  normal(): number;
}

export function draws(key: Key): Draws {
  return drawsFrom((block, pair) => threefryInto(key, block, 0, pair, 0));
}

/** Draws for one place of a sample, such as a pixel. They are none of the words that fill it. */
export function drawsAt(key: Key, place: number): Draws {
  return drawsFrom((block, pair) => threefryInto(key, place, block + 1, pair, 0));
}

function drawsFrom(fill: (block: number, pair: Uint32Array) => void): Draws {
  const pair = new Uint32Array(2);
  let position = 0;
  const word = () => {
    if ((position & 1) === 0) fill(position >>> 1, pair);
    return pair[position++ & 1]!;
  };
  const uniform = () => word() * 2 ** -32;
  return {
    uniform,
    below: (bound) => Math.floor(uniform() * bound),
    normal: () => {
      const radius = Math.sqrt(-2 * Math.log((word() + 1) * 2 ** -32));
      return radius * Math.cos(2 * Math.PI * uniform());
    },
  };
}

/** A seeded order of 0 … count − 1. */
export function permutation(key: Key, count: number): Uint32Array {
  return permuted(draws(key), count);
}

/** 0 … count − 1 in an order that is drawn (Fisher and Yates). */
export function permuted({ below }: Draws, count: number): Uint32Array {
  return exchanged(count, (i) => below(i + 1));
}

/** Whom each of 0 … count − 1 is followed by in a circle of all that is drawn (Sattolo). */
export function circle({ below }: Pick<Draws, 'below'>, count: number): Uint32Array {
  return exchanged(count, below);
}

/** 0 … count − 1, each from the last on exchanged with the one at the place that is given for it. */
function exchanged(count: number, placeFor: (i: number) => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const j = placeFor(i);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/**
 * A number of the distribution Beta(alpha, alpha): (1 + t / √(2 alpha + t²)) / 2 for a number t of
 * Student's distribution with 2 alpha degrees of freedom, which two even numbers give exactly (Bailey,
 * Mathematics of Computation 62, 1994). No angle is a right one, so nothing is divided by zero.
 */
export function symmetricBeta({ uniform }: Pick<Draws, 'uniform'>, alpha: number): number {
  const rest = Math.exp(Math.max(-700, Math.log(1 - uniform()) / alpha));
  const side = Math.cos(2 * Math.PI * (uniform() + 2 ** -33)) * Math.sqrt(1 - rest);
  return 0.5 + (0.5 * side) / Math.sqrt(rest + side * side);
}

const parity = 0x1bd11bda;
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

function threefryInto(key: Key, c0: number, c1: number, out: Uint32Array, at: number): void {
  const words = [key[0], key[1], key[0] ^ key[1] ^ parity];
  let x = (c0 + words[0]!) | 0;
  let y = (c1 + words[1]!) | 0;
  for (let group = 0; group < 5; group++) {
    for (let round = 0; round < 4; round++) {
      const r = rotations[(group % 2) * 4 + round]!;
      x = (x + y) | 0;
      y = ((y << r) | (y >>> (32 - r))) ^ x;
    }
    x = (x + words[(group + 1) % 3]!) | 0;
    y = (y + words[(group + 2) % 3]! + group + 1) | 0;
  }
  out[at] = x;
  out[at + 1] = y;
}

/** FNV-1a over UTF-16 units: a fixed 32-bit name for a purpose. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
