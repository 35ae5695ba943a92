import type { Misfit, Shape } from './component';

/** Number of values in a shape. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape for people: `28 × 28 × 1`. */
export function describe(shape: Shape): string {
  return shape.join(' × ');
}

/** `[height, width, channels]`, or why a layer of this type cannot take the input. */
export function asImage(input: Shape, type: string): readonly [number, number, number] | Misfit {
  const [rows, columns, channels] = input;
  if (rows === undefined || columns === undefined || channels === undefined) {
    return {
      message: `A ${type} layer takes an image of height × width × channels; got ${describe(input)} features. Put it before the flatten or global pooling layer.`,
    };
  }
  return [rows, columns, channels];
}

/** Output rows and columns of a window that slides over an image, by Keras' rules. */
export function slide(
  image: readonly [number, number, number],
  window: readonly [number, number],
  strides: readonly [number, number],
  padding: 'valid' | 'same',
  dilation: readonly [number, number],
): readonly [number, number] | Misfit {
  const output: [number, number] = [0, 0];
  for (const axis of [0, 1] as const) {
    const reach = (window[axis] - 1) * dilation[axis] + 1;
    const size = image[axis];
    output[axis] =
      padding === 'same'
        ? Math.ceil(size / strides[axis])
        : Math.floor((size - reach) / strides[axis]) + 1;
    if (output[axis] < 1) {
      return {
        message: `The window of ${reach} pixels is larger than the ${axis === 0 ? 'height' : 'width'} of its input, ${size} (input ${describe(image)}). Use a smaller window, "padding": "same", or less pooling before.`,
      };
    }
  }
  return output;
}
