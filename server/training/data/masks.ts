import { CodedError } from '#common/protocol/rpc';
import type { Raster } from './decodeImage';
import type { ImageFile } from './imageFiles';
import { toChannels } from './luminance';
import type { Samples } from './pixels';
import { fitTo, type Resize } from './resample';

/** A mask has a grey value for each class; a picture, or a mask that JPEG has blurred, has many more. */
const mostClasses = 64;

/** Takes masks one by one and makes classes of their grey values. */
export interface MaskStore {
  put(sample: number, file: ImageFile, image: Raster): void;
  targets(): Pick<Samples, 'target' | 'targets' | 'extra' | 'classNames'>;
}

/** @param size height and width that every mask gets, as its image does. */
export function createMaskStore(
  count: number,
  size: readonly [number, number],
  resize: Resize,
): MaskStore {
  const [height, width] = size;
  const pixels = height * width;
  const masks = new Uint8Array(count * pixels);
  /** The class of each grey value, in the order in which they were met. */
  const met = new Map<number, number>();

  function classOf(grey: number, file: ImageFile): number {
    const known = met.get(grey);
    if (known !== undefined) return known;
    if (met.size === mostClasses) throw notAMask(file);
    met.set(grey, met.size);
    return met.size - 1;
  }
  return {
    put(sample, file, image) {
      const { values, white, ...grey } = toChannels(image, 1);
      const classes = Uint8Array.from(values, (value) => classOf(value / white, file));
      masks.set(fitClasses({ ...grey, values: classes, white: 1 }, size, resize), sample * pixels);
    },
    targets() {
      const greys = [...met.keys()].sort((a, b) => a - b);
      // Masks hold classes as they were met; from now on the darkest is class 0.
      const order = Uint8Array.from(met.keys(), (grey) => greys.indexOf(grey));
      for (const [i, mask] of masks.entries()) masks[i] = order[mask]!;
      return {
        classNames: namesOf(greys),
        target: { target: 'mask', targetShape: [height, width, 1] },
        targets: { kind: 'mask', size: pixels, read: reader(masks, pixels) },
        extra: [masks],
      };
    },
  };
}

function namesOf(greys: readonly number[]): readonly string[] {
  if (greys.length <= 2) return ['background', 'object'].slice(0, greys.length);
  return greys.map((grey, k) => (k === 0 ? 'background' : `grey ${Math.round(grey * 255)}`));
}

function reader(masks: Uint8Array, pixels: number) {
  return (indices: Uint32Array, out: Int32Array): void => {
    for (const [place, sample] of indices.entries()) {
      out.set(masks.subarray(sample * pixels, (sample + 1) * pixels), place * pixels);
    }
  };
}

/** Each class is resized as an image of its own; a pixel gets the class that covers most of it. */
function fitClasses(image: Raster, size: readonly [number, number], resize: Resize): Uint8Array {
  const classes = Uint8Array.from(image.values);
  if (image.height === size[0] && image.width === size[1]) return classes;
  const best = new Float32Array(size[0] * size[1]);
  const chosen = new Uint8Array(best.length);
  for (const k of new Set(classes)) {
    const cover = fitTo(
      { ...image, values: classes.map((one) => Number(one === k)) },
      size,
      resize,
    );
    for (const [pixel, part] of cover.values.entries()) {
      if (part <= best[pixel]!) continue;
      best[pixel] = part;
      chosen[pixel] = k;
    }
  }
  return chosen;
}

function notAMask({ shown }: ImageFile): CodedError {
  return new CodedError(
    'data/bad-mask',
    `A mask has too many grey values: with ${shown} there are more than ${mostClasses}, and each one is a class. Save masks as PNG with one grey value for each class; JPEG blurs them.`,
  );
}
