// Blocks: groups of layers that a model declares once and uses several times.
import { Type, type Static } from '@sinclair/typebox';
import { defineComponent, type ValueOf } from './component';
import { named } from './layerParts';
import { text, wholeNumber } from './parameters';

/** What a parameter of a block may be. */
export const argumentSchema = Type.Union(
  [
    Type.Number(),
    Type.Boolean(),
    Type.String(),
    Type.Array(Type.Integer(), { minItems: 1, maxItems: 4 }),
  ],
  { description: 'The value of a parameter of the block.' },
);
export type Argument = Static<typeof argumentSchema>;

/** The entry of a list of layers that stands for the layers of a block. */
export const block = defineComponent({
  type: 'block',
  title: 'Block',
  summary:
    'Stands for the layers of a block that the model declares in `blocks`; further keys give the values of its parameters.',
  formula: 'in the block, "$filters" stands for the value of the parameter filters',
  params: {
    ...named,
    block: text({ description: 'The name of the block.', minLength: 1 }),
    repeat: wholeNumber({
      description: 'How many times the block is applied, each with weights of its own.',
      minimum: 1,
      maximum: 1000,
      default: 1,
    }),
  },
  others: argumentSchema,
  references: [],
  snippet: '"block": "${1:name}"',
  examples: [{ type: 'block', block: 'residual', filters: 64, repeat: 3 }],
});

/** Keys of the entry itself, which no parameter can be named. */
export const blockKeys: ReadonlySet<string> = new Set(['type', ...Object.keys(block.params)]);

export type BlockUse = ValueOf<typeof block> & Readonly<Record<string, unknown>>;

/** A layer as a block declares it: a value of the form "$name" stands for that parameter. */
export interface TemplateLayer {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly string[];
  readonly block?: string;
}

export interface BlockDefinition {
  /** Every parameter with its default. */
  readonly parameters: Readonly<Record<string, Argument>>;
  readonly layers: readonly TemplateLayer[];
}
