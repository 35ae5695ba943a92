import { augmentations, type AugmentationKind } from './augmentation';
import { block } from './blocks';
import type {
  AugmentationComponent,
  Component,
  LayerComponent,
  PhysicalComponent,
} from './component';
import { dataSources } from './data';
import { constraints } from './constraints';
import { initializers } from './initializers';
import { activations } from './activations';
import { layers, type LayerKind } from './layers';
import { losses } from './losses';
import { metrics } from './metrics';
import { normalizations } from './normalization';
import { optimizers } from './optimizers';
import { physics, type PhysicsKind } from './physics';
import { regularizers } from './regularizers';
import { schedules } from './schedules';

/** The top-level parts of an experiment file, in the order a file shows them. */
export const sections = [
  'data',
  'augmentation',
  'physics',
  'normalization',
  'model',
  'loss',
  'regularization',
  'optimizer',
  'training',
  'metrics',
] as const;
export type Section = (typeof sections)[number];

/** One family of components: what a place in the file can name by `type`. */
export interface Family {
  readonly title: string;
  /** What one of them is called in a message. */
  readonly singular: string;
  readonly section: Section;
  readonly components: Readonly<Record<string, Component>>;
}

/** Every component of the product. Schema, types, completion, hover and docs are derived from here. */
export const catalogue = {
  data: {
    title: 'Data sources',
    singular: 'data source',
    section: 'data',
    components: dataSources,
  },
  augmentation: {
    title: 'Augmentation',
    singular: 'augmentation',
    section: 'augmentation',
    components: augmentations,
  },
  physics: {
    title: 'Physical layers',
    singular: 'physical layer',
    section: 'physics',
    components: physics,
  },
  normalization: {
    title: 'Input normalization',
    singular: 'normalization',
    section: 'normalization',
    components: normalizations,
  },
  layers: {
    title: 'Network layers',
    singular: 'network layer',
    section: 'model',
    components: { ...layers, block },
  },
  activations: {
    title: 'Activations',
    singular: 'activation',
    section: 'model',
    components: activations,
  },
  initializers: {
    title: 'Initializers',
    singular: 'initializer',
    section: 'model',
    components: initializers,
  },
  constraints: {
    title: 'Constraints',
    singular: 'constraint',
    section: 'model',
    components: constraints,
  },
  losses: { title: 'Losses', singular: 'loss', section: 'loss', components: losses },
  regularizers: {
    title: 'Regularization',
    singular: 'regularizer',
    section: 'regularization',
    components: regularizers,
  },
  optimizers: {
    title: 'Optimizers',
    singular: 'optimizer',
    section: 'optimizer',
    components: optimizers,
  },
  schedules: {
    title: 'Learning-rate schedules',
    singular: 'schedule',
    section: 'optimizer',
    components: schedules,
  },
  metrics: { title: 'Metrics', singular: 'metric', section: 'metrics', components: metrics },
} as const;

export type FamilyName = keyof typeof catalogue;

/** A layer without the precise type of its parameters: its rules take any value of its kind. */
export function layerComponent(type: LayerKind): LayerComponent {
  return layers[type] as unknown as LayerComponent;
}

/** A physical layer, likewise. */
export function physicalComponent(type: PhysicsKind): PhysicalComponent {
  return physics[type] as unknown as PhysicalComponent;
}

/** An augmentation, likewise. */
export function augmentationComponent(type: AugmentationKind): AugmentationComponent {
  return augmentations[type] as unknown as AugmentationComponent;
}

/** A family without the precise types of its components, for code that treats all alike. */
export function family(name: FamilyName): Family {
  return catalogue[name] as unknown as Family;
}
