/** What a network is trained for; read off the targets of the data, the loss and the output. */
export const tasks = {
  classification: 'one class for each image',
  multiLabel: 'any number of labels for each image',
  segmentation: 'one class for each pixel',
  reconstruction: 'an image',
  regression: 'numbers for each image',
} as const;
export type Task = keyof typeof tasks;

/** What the data say is to be found for an image. */
export const targetKinds = {
  class: 'One class for each image.',
  labels: 'Any number of labels for each image, in one cell, separated by ";".',
  numbers: 'Numbers for each image, in one cell, separated by ";".',
  mask: 'An image of the same size whose grey values are the classes of the pixels; the darkest is the background.',
  image: 'An image of the same size that the network shall give.',
} as const;
export type TargetKind = keyof typeof targetKinds;

/** Targets that go with one task whatever the network looks like. */
export const taskOfTarget = {
  labels: 'multiLabel',
  numbers: 'regression',
  mask: 'segmentation',
  image: 'reconstruction',
} as const satisfies Readonly<Record<Exclude<TargetKind, 'class'>, Task>>;
