import { Type, type Static } from '@sinclair/typebox';
import { defineLoss, type LossComponent, branchesOf, type ValueOf } from './component';
import { lossesOfClasses } from './lossesOfClasses';
import { lossesOfImages } from './lossesOfImages';
import { lossesOfValues } from './lossesOfValues';
import { realNumber, wholeNumber } from './parameters';

/** Losses that a mixture can be made of. */
const simpleLosses = { ...lossesOfClasses, ...lossesOfValues, ...lossesOfImages } as const;

export type SimpleLossKind = keyof typeof simpleLosses;
export type SimpleLossValue = ValueOf<(typeof simpleLosses)[SimpleLossKind]>;

const schedule = Type.Object(
  {
    startWeight: realNumber({
      description: 'Weight before the change.',
      minimum: 0,
      maximum: 1e9,
      default: 0,
    }),
    startEpoch: wholeNumber({
      description: 'Epochs before the weight begins to change.',
      unit: 'epochs',
      minimum: 0,
      maximum: 1_000_000,
      default: 0,
    }),
    epochs: wholeNumber({
      description: 'Epochs over which it goes in a straight line to the weight of the term.',
      unit: 'epochs',
      minimum: 1,
      maximum: 1_000_000,
    }),
  },
  { description: 'How the weight changes; constant if left out.' },
);

const term = Type.Object(
  {
    loss: Type.Unsafe<SimpleLossValue>({
      oneOf: branchesOf(simpleLosses),
      description: 'The loss of this term.',
      family: 'losses',
    }),
    weight: realNumber({ description: 'Its weight α.', minimum: 0, maximum: 1e9, default: 1 }),
    schedule: Type.Optional(schedule),
  },
  { description: 'One loss with its weight.' },
);
export type LossTerm = Static<typeof term>;

const mixture = defineLoss({
  type: 'mixture',
  title: 'Mixture',
  summary:
    'A weighted sum of losses. What each term adds to it, its weight included, is a series of its own, such as `loss.ssim`: together they are the loss.',
  formula: 'ℓ = Σ_i α_i ℓ_i',
  params: {
    terms: Type.Array(term, {
      description:
        'The losses, each as { "loss": { "type": … }, "weight": 1, "schedule": { "startWeight": 0, "epochs": 10 } }.',
      minItems: 1,
      maxItems: 32,
    }),
  },
  references: [],
  snippet: '"terms": [{ "loss": { "type": "${1:meanSquaredError}" }, "weight": ${2:1} }]',
  examples: [
    {
      type: 'mixture',
      terms: [
        { loss: { type: 'meanSquaredError' } },
        { loss: { type: 'ssim' }, weight: 0.2, schedule: { epochs: 5 } },
      ],
    },
  ],
  compares: 'values',
  takesLogits: false,
});

export const losses = { ...simpleLosses, mixture } as const;

export type LossKind = keyof typeof losses;
export type LossValue = ValueOf<(typeof losses)[LossKind]>;
export type LossValueOf<K extends LossKind> = ValueOf<(typeof losses)[K]>;

/** A loss without the precise type of its parameters. */
export function lossComponent(type: LossKind): LossComponent {
  return losses[type] as unknown as LossComponent;
}

/**
 * The terms of a mixture as figures: `loss.ssim`, and `loss.ssim_1` for a second one of a kind. Each is what
 * the term adds to the loss, so that they sum up to it. None for a loss of one part, which is its own term.
 */
export function termFigures(value: LossValue): readonly string[] {
  if (value.type !== 'mixture' || value.terms.length === 1) return [];
  const kinds = value.terms.map(({ loss }) => loss.type);
  return kinds.map((kind, i) => {
    const before = kinds.slice(0, i).filter((other) => other === kind).length;
    return `loss.${before === 0 ? kind : `${kind}_${before}`}`;
  });
}

/** The losses that a loss consists of, with their places in its value: its terms, or itself alone. */
export function simpleLossesOf(
  value: LossValue,
): readonly { readonly value: SimpleLossValue; readonly path: readonly (string | number)[] }[] {
  if (value.type !== 'mixture') return [{ value, path: [] }];
  return value.terms.map(({ loss }, i) => ({ value: loss, path: ['terms', i, 'loss'] }));
}
