// Layers that make one output of several inputs.
import { defineLayer, type Misfit, type Shape } from './component';
import { keras, named } from './layerParts';
import { describe } from './shape';

function merge<T extends string>(options: {
  readonly type: T;
  readonly title: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: string;
  readonly combine: (inputs: readonly Shape[]) => Shape | Misfit;
}) {
  const { source, ...rest } = options;
  return defineLayer({
    ...rest,
    params: named,
    references: [keras(source)],
    snippet: '"inputs": ["${1:input}", "${2:input}"]',
    examples: [{ type: options.type, inputs: ['first', 'second'] }],
    shape: (input) => input,
    parameters: () => [],
  });
}

/** Element-wise layers take equal shapes; anything else is repeated by nobody's wish. */
function equalShapes(type: string): (inputs: readonly Shape[]) => Shape | Misfit {
  return (inputs) => {
    const [first = []] = inputs;
    const other = inputs.find((shape) => describe(shape) !== describe(first));
    if (other === undefined) return first;
    const message = `The inputs of \`${type}\` must have one shape; got ${inputs.map(describe).join(' and ')}. ${adviceFor(first, other)}`;
    return { parameter: 'inputs', message };
  };
}

function adviceFor(first: Shape, other: Shape): string {
  if (first.length !== other.length) return 'Flatten or pool the image first.';
  const isSize = first.length === 3 && (first[0] !== other[0] || first[1] !== other[1]);
  return isSize
    ? 'Give the layers before it the same strides and padding, or crop or resize one of them.'
    : 'Bring one of them to the same width, as with a 1 × 1 convolution.';
}

const subtractShapes = equalShapes('subtract');

function joined(inputs: readonly Shape[]): Shape | Misfit {
  const [first = []] = inputs;
  const frame = (shape: Shape): string => describe(shape.slice(0, -1));
  const other = inputs.find(
    (shape) => shape.length !== first.length || frame(shape) !== frame(first),
  );
  if (other === undefined) {
    const channels = inputs.reduce((sum, shape) => sum + (shape.at(-1) ?? 0), 0);
    return [...first.slice(0, -1), channels];
  }
  const message = `The inputs of \`concatenate\` must have the same rows and columns; got ${inputs.map(describe).join(' and ')}. ${adviceFor(first, other)}`;
  return { parameter: 'inputs', message };
}

export const mergeLayers = {
  add: merge({
    type: 'add',
    title: 'Add',
    summary: 'Adds its inputs, as at the end of a residual block.',
    formula: 'y = x₁ + x₂ + …',
    source: 'Add',
    combine: equalShapes('add'),
  }),
  subtract: merge({
    type: 'subtract',
    title: 'Subtract',
    summary: 'Takes its second input from its first.',
    formula: 'y = x₁ − x₂',
    source: 'Subtract',
    combine(inputs) {
      if (inputs.length === 2) return subtractShapes(inputs);
      const message = `A \`subtract\` layer takes 2 inputs; got ${inputs.length}. Subtract one after the other.`;
      return { parameter: 'inputs', message };
    },
  }),
  multiply: merge({
    type: 'multiply',
    title: 'Multiply',
    summary: 'Multiplies its inputs value by value, as a gate does.',
    formula: 'y = x₁ · x₂ · …',
    source: 'Multiply',
    combine: equalShapes('multiply'),
  }),
  average: merge({
    type: 'average',
    title: 'Average',
    summary: 'Averages its inputs value by value.',
    formula: 'y = (x₁ + … + xₙ) / n',
    source: 'Average',
    combine: equalShapes('average'),
  }),
  maximum: merge({
    type: 'maximum',
    title: 'Maximum',
    summary: 'Keeps the largest of its inputs, value by value.',
    formula: 'y = max(x₁, x₂, …); the gradient goes to the first maximum',
    source: 'Maximum',
    combine: equalShapes('maximum'),
  }),
  concatenate: merge({
    type: 'concatenate',
    title: 'Concatenate',
    summary: 'Puts the channels of its inputs one behind the other, as in a U-Net or a DenseNet.',
    formula: 'y = [x₁, x₂, …] along the last axis',
    source: 'Concatenate',
    combine: joined,
  }),
} as const;
