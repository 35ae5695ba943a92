// How the weights of a layer learn: what its keys say of them, and what follows for each weight.
import type { LayerComponent, Shape, WeightSpec } from './component';
import { constraintParameter, type ConstraintValue } from './constraints';
import type { LayerValue } from './layers';
import { realNumber, yesNo } from './parameters';
import { kernelRegularizer, type RegularizerValue } from './regularizers';

/** What every layer with weights may say of them. */
export const learning = {
  trainable: yesNo({
    description:
      'Whether the weights learn. If not, they stay as they are: no update, no weight decay, no constraint, and no part in the penalty (as in Keras 3).',
    default: true,
  }),
  learningRateMultiplier: realNumber({
    description:
      'What the learning rate of the layer is multiplied with at any time, and with it the decoupled weight decay (as for a parameter group of PyTorch). 0 leaves the weights as they are, which `trainable` says more clearly.',
    minimum: 0,
    maximum: 1000,
    default: 1,
  }),
};

/** What a layer with kernels and a bias may say of them beside. */
export const kernelLearning = {
  kernelRegularizer,
  kernelConstraint: constraintParameter(
    "Where each update brings the kernel back to. Norms are of the weights that lead to one output: over Keras' axis 0 of a dense kernel, [0, 1, 2] of a convolution.",
  ),
  biasConstraint: constraintParameter(
    'Where each update brings the bias back to. A norm is of the whole bias.',
  ),
  ...learning,
};

/** What a layer says of its weights, as far as it has weights. */
interface LearningValue {
  readonly type: string;
  readonly trainable?: boolean;
  readonly learningRateMultiplier?: number;
  readonly kernelRegularizer?: RegularizerValue;
  readonly kernelConstraint?: ConstraintValue;
  readonly biasConstraint?: ConstraintValue;
}

/** The weights of a layer with all that it says of them. */
export function weightsOf(
  layer: LayerComponent,
  input: Shape,
  value: LayerValue,
): readonly WeightSpec[] {
  const said: LearningValue = value;
  const { trainable = true, learningRateMultiplier = 1 } = said;
  const learns = trainable && learningRateMultiplier > 0;
  return layer.parameters(input, value).map((spec) => ({
    ...spec,
    ...limitsOf(spec, said),
    trainable: spec.trainable && learns,
    learningRateMultiplier,
  }));
}

/** What keeps a weight small or in its place, where the layer says so. */
function limitsOf(
  { role }: WeightSpec,
  { kernelRegularizer: regularizer, kernelConstraint, biasConstraint }: LearningValue,
): Pick<WeightSpec, 'regularizer' | 'constraint'> {
  const isKernel = role === 'kernel';
  const constraint = isKernel ? kernelConstraint : role === 'bias' ? biasConstraint : undefined;
  return { ...(isKernel && regularizer && { regularizer }), ...(constraint && { constraint }) };
}
