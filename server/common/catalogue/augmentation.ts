import { Type } from '@sinclair/typebox';
import { colourAugmentations } from './augmentationColour';
import { geometricAugmentations } from './augmentationGeometry';
import { mixingAugmentations } from './augmentationMixing';
import { noiseAugmentations } from './augmentationNoise';
import { chance } from './augmentationParts';
import { defineComponent, branchesOf, type ValueOf } from './component';

const single = {
  ...geometricAugmentations,
  ...colourAugmentations,
  ...noiseAugmentations,
  ...mixingAugmentations,
} as const;

type SingleValue = ValueOf<(typeof single)[keyof typeof single]>;

const choice = Type.Unsafe<SingleValue>({
  oneOf: branchesOf(single),
  description: 'One of the changes that may happen.',
  family: 'augmentation',
});

const oneOf = defineComponent({
  type: 'oneOf',
  title: 'One of several',
  summary: 'Applies one of several changes to each sample, all equally likely.',
  params: {
    choices: Type.Array(choice, {
      description: 'The changes to choose from; each with a probability of its own after that.',
      minItems: 2,
      maxItems: 32,
    }),
    probability: chance(),
  },
  references: [],
  snippet: '"choices": [{ "type": "blur" }, { "type": "gaussianNoise" }]',
  examples: [{ type: 'oneOf', choices: [{ type: 'blur' }, { type: 'gaussianNoise' }] }],
});

export const augmentations = { ...single, oneOf } as const;

export type AugmentationKind = keyof typeof augmentations;
export type AugmentationValue = ValueOf<(typeof augmentations)[AugmentationKind]>;
export type AugmentationValueOf<K extends AugmentationKind> = ValueOf<(typeof augmentations)[K]>;

/** A kind of augmentation that mixes samples, where it stands in a list and the choices in it. */
export interface Mixing {
  readonly type: keyof typeof mixingAugmentations;
  readonly path: readonly (string | number)[];
}

/** All augmentations of a list that mix samples. */
export function mixingOf(
  values: readonly AugmentationValue[],
  place: Mixing['path'] = [],
): readonly Mixing[] {
  return values.flatMap((value, i): readonly Mixing[] => {
    const path = [...place, i];
    if (value.type === 'oneOf') return mixingOf(value.choices, [...path, 'choices']);
    return value.type === 'mixup' || value.type === 'cutmix' ? [{ type: value.type, path }] : [];
  });
}
