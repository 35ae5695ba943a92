import { realNumber, yesNo } from './parameters';

/** What every learnable physical layer declares beside its own quantities. */
export const learnable = {
  trainable: yesNo({
    description: 'Learn this part of the instrument together with the network.',
    default: false,
  }),
  learningRate: realNumber({
    description: 'Learning rate of this physical layer, apart from that of the network.',
    exclusiveMinimum: 0,
    maximum: 10,
    default: 0.01,
  }),
};
