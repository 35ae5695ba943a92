import { Type, type Static, type TSchema, type TObject } from '@sinclair/typebox';
import type { AugmentationValue } from '../catalogue/augmentation';
import { argumentSchema, type BlockDefinition, type BlockUse } from '../catalogue/blocks';
import { branchesOf } from '../catalogue/component';
import { splitSchema, type DataSourceValue } from '../catalogue/data';
import { family, type FamilyName } from '../catalogue/index';
import type { LayerValue } from '../catalogue/layers';
import type { LossValue } from '../catalogue/losses';
import { metrics, type MetricKind } from '../catalogue/metrics';
import type { NormalizationValue } from '../catalogue/normalization';
import type { OptimizerValue } from '../catalogue/optimizers';
import type { PhysicsValue } from '../catalogue/physics';
import type { RegularizerValue } from '../catalogue/regularizers';
import { trainingSchema } from '../catalogue/training';

/** An experiment with every default filled in; what `readExperiment` gives and everything else takes. */
export interface Experiment {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  readonly data: { readonly source: DataSourceValue; readonly split: Static<typeof splitSchema> };
  readonly augmentation: readonly AugmentationValue[];
  readonly physics: readonly PhysicsValue[];
  readonly normalization?: NormalizationValue;
  readonly model: ModelValue;
  readonly loss: LossValue;
  readonly regularization?: RegularizerValue;
  readonly optimizer: OptimizerValue;
  readonly training: Static<typeof trainingSchema>;
  readonly metrics: readonly MetricKind[];
}

/** The network as the file has it. */
export interface ModelValue {
  readonly blocks: Readonly<Record<string, BlockDefinition>>;
  readonly layers: readonly (LayerValue | BlockUse)[];
}

/** One of the components of a family, told apart by `type`; `family` leads back to the catalogue. */
function oneOf(name: FamilyName, description: string): TSchema {
  const branches = branchesOf(family(name).components);
  return Type.Unsafe({ oneOf: branches, description, family: name });
}

/** An object whose keys are names that the file chooses; empty if left out. */
function named(member: TSchema, options: { readonly description: string }): TSchema {
  return Type.Unsafe({ type: 'object', additional: member, default: {}, ...options });
}

/**
 * The schema of a whole file as TypeBox builds it: a property with a `default` may be left out, one
 * that is `Type.Optional` may be absent altogether, any other is required.
 */
export const experimentSchema: TObject = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'Ignored; editors may put it here.' })),
    version: Type.Literal(1, { description: 'Version of the file format.' }),
    name: Type.String({
      description: 'What the experiment is called in lists and folders.',
      default: 'experiment',
      maxLength: 200,
    }),
    seed: Type.Integer({
      description: 'Fixes every random choice: split, order, weights, augmentation, noise.',
      minimum: 0,
      maximum: 4294967295,
      default: 0,
    }),
    data: Type.Object(
      { source: oneOf('data', 'Where the images come from.'), split: splitSchema },
      { description: 'The images, and how they are divided.' },
    ),
    augmentation: Type.Array(oneOf('augmentation', 'A random change of the object.'), {
      description: 'Random changes of the training images, before the instrument sees them.',
      default: [],
    }),
    physics: Type.Array(oneOf('physics', 'A part of the instrument.'), {
      description: 'How the instrument sees the object, from the light source to the converter.',
      default: [],
    }),
    normalization: Type.Optional(
      oneOf(
        'normalization',
        'How the values that the instrument gives are scaled for the network.',
      ),
    ),
    model: Type.Object(
      {
        blocks: named(
          Type.Object({
            parameters: named(argumentSchema, {
              description: 'The parameters of the block, each with its default.',
            }),
            layers: Type.Array(oneOf('layers', 'A layer of the block.'), {
              description:
                'The layers. "$name" stands for the parameter `name`; the input "input" is what the block reads, its output that of the last layer.',
              minItems: 1,
              maxItems: 2000,
              template: true,
            }),
          }),
          { description: 'Groups of layers that layers of type "block" stand for, by name.' },
        ),
        layers: Type.Array(oneOf('layers', 'A layer of the network.'), {
          description: 'The layers, from the input to the logits.',
          minItems: 1,
          maxItems: 2000,
        }),
      },
      { description: 'The network.' },
    ),
    loss: oneOf('losses', 'What training makes small.'),
    regularization: Type.Optional(oneOf('regularizers', 'What keeps the weights small.')),
    optimizer: oneOf('optimizers', 'How the weights are updated.'),
    training: trainingSchema,
    metrics: Type.Array(
      Type.Unsafe<MetricKind>({
        anyOf: Object.values(metrics).map((metric) => ({
          const: metric.type,
          type: 'string',
          description: metric.summary,
        })),
        family: 'metrics' satisfies FamilyName,
      }),
      { description: 'What is reported beside the loss.', default: [], uniqueItems: true },
    ),
  },
  { title: 'Lightbench experiment', additionalProperties: false },
);
