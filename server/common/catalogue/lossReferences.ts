import type { Reference } from './component';

export const torchLoss = (name: string): Reference => ({
  title: `PyTorch ${name}`,
  url: `https://docs.pytorch.org/docs/stable/generated/torch.nn.${name}.html`,
});
export const kerasLoss = (name: string): Reference => ({
  title: `Keras ${name}`,
  url: 'https://keras.io/api/losses/',
});
