import { changeImages, type ImageChange } from '../engine/ops/images';
import { drawKey, type AugmenterBuilder } from './augmenter';
import { asRange } from '#common/catalogue/parameters';
import { drawWithin, spanOf } from './range';
import { bellRadius, bellWeights, smoothAxis } from './smooth';

/** Blurs by a Gaussian of a random width; at the border the edge pixel goes on. */
export const blur: AugmenterBuilder<'blur'> = ({ sigmaPx }, place) => {
  const widths = asRange(sigmaPx, (largest) => [0, largest]);
  const radius = bellRadius(widths[1]);
  const sampling = { interpolation: 'nearest', border: 'nearest' } as const;
  const change: ImageChange = (source, out, { height, width, channels }, draw) => {
    const weights = bellWeights(drawWithin(widths, draw), radius);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const scaled = weights.map((weight) => weight / sum);
    const across = smoothAxis(source, [height, width, channels], scaled, sampling.border);
    out.set(smoothAxis(across, [1, height, width * channels], scaled, sampling.border));
  };
  return {
    apply(x, ctx) {
      const [, height, width, channels] = x.shape;
      const scratchBytes = 4 * (height * width * channels + 2 * radius + 1) + 256;
      const numbers = [...spanOf(widths), radius];
      const kernel = { kernel: 'LightbenchBlur', numbers, sampling, scratchBytes };
      return changeImages(x, kernel, drawKey(place, ctx), ctx, change);
    },
  };
};
