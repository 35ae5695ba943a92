/** Where values that are not finite appeared first. */
export type NotFinitePlace =
  | { readonly kind: 'data' | 'instrument' | 'normalization' | 'loss' }
  | { readonly kind: 'layer' | 'gradient'; readonly name: string };

/** A step whose loss or gradients are NaN or infinite; its weights were not updated. */
export class NotFiniteError extends Error {
  constructor(
    readonly loss: number,
    readonly place: NotFinitePlace,
  ) {
    super('A training step gave values that are not finite.');
    this.name = 'NotFiniteError';
  }
}

/** When it happened, and the rate that is most often to blame. Epoch and step count from 1. */
export interface NotFiniteContext {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
}

/** What happened, where it began, and what to do. */
export function adviceFor(
  { loss, place }: NotFiniteError,
  { epoch, step, learningRate }: NotFiniteContext,
): string {
  const what = Number.isFinite(loss) ? 'a gradient is not finite' : `the loss is ${loss}`;
  const where = describePlace(place);
  return `Training stopped at epoch ${epoch}, step ${step}: ${what}; ${where}. ${advice(place, learningRate)}`;
}

function describePlace(place: NotFinitePlace): string {
  switch (place.kind) {
    case 'data':
      return 'the images themselves hold values that are not finite';
    case 'instrument':
      return 'the first values that are not finite come out of `physics`';
    case 'normalization':
      return 'the first values that are not finite come out of `normalization`';
    case 'layer':
      return `the first values that are not finite come out of layer \`${place.name}\``;
    case 'gradient':
      return `the first one is that of \`${place.name}\``;
    case 'loss':
      return 'the outputs of the network are finite, but too large for the loss';
  }
}

function advice(place: NotFinitePlace, learningRate: number): string {
  switch (place.kind) {
    case 'data':
    case 'instrument':
    case 'normalization':
      return 'Check the range of the data and the values of that section.';
    case 'layer':
    case 'gradient':
    case 'loss':
      return `Lower \`optimizer.learningRate\` (now ${learningRate}), or bring the data to a small range with \`normalization\`.`;
  }
}
