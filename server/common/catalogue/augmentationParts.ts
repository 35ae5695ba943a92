import { oneOfNames, realNumber } from './parameters';

/** How likely a sample is changed: every augmentation has it. */
export function chance(value = 1) {
  return realNumber({
    description: 'Probability that a sample is changed at all.',
    minimum: 0,
    maximum: 1,
    default: value,
  });
}

type Border = 'zero' | 'nearest' | 'mirror' | 'symmetric' | 'circular';

/** What stands beyond the edge of an image. */
export function border(value: Border) {
  return oneOfNames(
    {
      zero: 'Outside is 0.',
      nearest: 'The edge pixel goes on.',
      mirror: 'The image is mirrored at its edge pixels, which are not repeated.',
      symmetric: 'The image is mirrored behind its edge pixels, which are repeated.',
      circular: 'The image goes on at its other side.',
    },
    { description: 'What is outside the image.', default: value },
  );
}

/** How values between pixels are made. */
export function interpolation() {
  return oneOfNames(
    {
      bilinear: 'Weighs the four neighbours.',
      nearest: 'Takes the nearest pixel.',
      bicubic: 'Weighs sixteen neighbours by cubic convolution; sharper, with slight overshoot.',
    },
    { description: 'How values between pixels are made.', default: 'bilinear' },
  );
}
