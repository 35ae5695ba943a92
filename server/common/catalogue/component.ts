import {
  Type,
  type Static,
  type TLiteral,
  type TObject,
  type TProperties,
  type TSchema,
} from '@sinclair/typebox';
import type { TargetKind } from './tasks';

/** A tensor's shape without the batch axis: `[height, width, channels]`, or `[features]` once flat. */
export type Shape = readonly number[];

/** Why a component cannot take its input: the parameter to blame (if one is) and a three-part message. */
export interface Misfit {
  readonly parameter?: string;
  readonly message: string;
}

export function isMisfit(value: Shape | Misfit): value is Misfit {
  return 'message' in value;
}

/** Where a definition or a formula comes from. */
export interface Reference {
  readonly title: string;
  readonly url?: string;
}

/** What every component of every section declares, once; the rest of the product derives from it. */
export interface Component<T extends string = string, P extends TProperties = TProperties> {
  /** The value of `type` in the experiment file. */
  readonly type: T;
  readonly title: string;
  /** One sentence: what it is for. */
  readonly summary: string;
  /** The defining formula, as plain text with Unicode. */
  readonly formula?: string;
  /** TypeBox schemas of the parameters, each with description, range and (unless required) default. */
  readonly params: P;
  /** The schema of further members, whatever their names; without it there are none. */
  readonly others?: TSchema;
  readonly references: readonly Reference[];
  /** A completion snippet in LSP syntax: the members after `"type"`. */
  readonly snippet?: string;
  /** Complete JSON examples. */
  readonly examples: readonly object[];
}

/** What can be learned or is kept in a checkpoint: one named array of a layer. */
export interface WeightSpec {
  /** Without the layer's name: `kernel`. */
  readonly name: string;
  readonly shape: Shape;
  readonly trainable: boolean;
  /** What the learning rate is multiplied with for it; 1 unless its layer says another. */
  readonly learningRateMultiplier?: number;
  /** An initializer component's value. */
  readonly initializer: { readonly type: string };
  /** A regularizer component's value, where the layer has one of its own. */
  readonly regularizer?: { readonly type: string };
  /** A constraint component's value, where updates are brought back to something. */
  readonly constraint?: { readonly type: string };
  /** The axes that tell outputs apart, where they are not the last one alone: a norm is over all others. */
  readonly outputAxes?: readonly number[];
  /** Only kernels are regularized. */
  readonly role: 'kernel' | 'bias' | 'scale' | 'offset' | 'statistic';
}

/** A network layer: its shape rule and parameter rule are shared by editor, trainer and command line. */
export interface LayerComponent<
  T extends string = string,
  P extends TProperties = TProperties,
> extends Component<T, P> {
  /** The output shape for an input shape, or why the input does not fit. */
  shape(input: Shape, params: Static<TObject<P>>): Shape | Misfit;
  /**
   * For layers that make one output of several inputs: its shape, or why they do not fit together. Such a
   * layer needs two inputs at least; any other takes one.
   */
  combine?(inputs: readonly Shape[], params: Static<TObject<P>>): Shape | Misfit;
  /** The layer's weights in the order Keras lists them, as they are where it says nothing of how they learn. */
  parameters(input: Shape, params: Static<TObject<P>>): readonly WeightSpec[];
  /** Multiplications with accumulation for one sample; 0 where not stated. */
  multiplyAdds?(input: Shape, output: Shape, params: Static<TObject<P>>): number;
}

/** A random change of the training images. */
export interface AugmentationComponent<
  T extends string = string,
  P extends TProperties = TProperties,
> extends Component<T, P> {
  /** How many channels the images must have, where not any number will do. */
  readonly channels?: number;
  /** Whether images that are not square have fewer orientations. */
  readonly turnsSquares?: boolean;
  /** What becomes one out of two samples of a batch: `values` by a weighted mean, or `places` by a cut. */
  readonly mixes?: 'values' | 'places';
}

/** A physical quantity of the instrument that can be learned. */
export interface PhysicalParameterSpec {
  /** The parameter's name in the file: `sigmaPx`. */
  readonly name: string;
  readonly shape: Shape;
  readonly initial: number;
  /** What is physical: updates are projected back into this range. */
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: string;
  readonly trainable: boolean;
  readonly learningRate: number;
}

/** Where light is in the instrument: this fixes the order of physical layers. */
export const stages = ['source', 'object', 'optics', 'sampling', 'noise', 'converter'] as const;
export type Stage = (typeof stages)[number];

/** A layer of the physical imaging system, between augmentation and normalization. */
export interface PhysicalComponent<
  T extends string = string,
  P extends TProperties = TProperties,
> extends Component<T, P> {
  readonly stage: Stage;
  shape(input: Shape, params: Static<TObject<P>>): Shape | Misfit;
  parameters(params: Static<TObject<P>>): readonly PhysicalParameterSpec[];
}

/** What a data source says about its samples before or after reading them. */
export interface DataFacts {
  /** `[height, width, channels]` of one image, values in 0–1. */
  readonly shape: Shape;
  /** Absent while the data have not been read. */
  readonly classNames?: readonly string[];
  readonly count?: number;
  /** Samples of each class, in the order of `classNames`. */
  readonly classCounts?: readonly number[];
  /** What is to be found for an image; one class unless it is said otherwise. */
  readonly target?: TargetKind;
  /** Shape of targets that are no classes: how many labels or numbers, the size of a mask or image. */
  readonly targetShape?: Shape;
  /** What reading and dividing the samples has shown and a person should know. */
  readonly notices?: readonly DataNotice[];
}

/** A peculiarity of the data that forbids nothing, in three parts like any message. */
export interface DataNotice {
  /** `data/duplicates`. */
  readonly code: string;
  readonly message: string;
  /** A warning where this is absent. */
  readonly severity?: 'information';
  /** The key of the data section that it is about. */
  readonly key: 'source' | 'split';
}

/** A data source; what is known without reading it serves the editor. */
export interface DataSourceComponent<
  T extends string = string,
  P extends TProperties = TProperties,
> extends Component<T, P> {
  facts(params: Static<TObject<P>>): DataFacts;
}

/** A loss, with what it can be computed from. */
export interface LossComponent<
  T extends string = string,
  P extends TProperties = TProperties,
> extends Component<T, P> {
  /**
   * `classes`: one output for each class and a label. `values`: any outputs and targets of their shape
   * (one-hot labels of classes, the object of an image). `images`: images only. `outputs`: no target.
   */
  readonly compares: 'classes' | 'values' | 'images' | 'outputs';
  /** Whether it applies softmax or the logistic function itself. */
  readonly takesLogits: boolean;
  /** Whether it takes one whole class for each sample and no shares of several. */
  readonly takesWholeClasses?: boolean;
  /** Whether a single output will do for two classes: the logit of the second one. */
  readonly takesOneLogit?: boolean;
}

export function defineComponent<T extends string, P extends TProperties>(
  component: Component<T, P>,
): Component<T, P> {
  return component;
}

export function defineLayer<T extends string, P extends TProperties>(
  layer: LayerComponent<T, P>,
): LayerComponent<T, P> {
  return layer;
}

export function defineAugmentation<T extends string, P extends TProperties>(
  augmentation: AugmentationComponent<T, P>,
): AugmentationComponent<T, P> {
  return augmentation;
}

export function definePhysicalLayer<T extends string, P extends TProperties>(
  layer: PhysicalComponent<T, P>,
): PhysicalComponent<T, P> {
  return layer;
}

export function defineDataSource<T extends string, P extends TProperties>(
  source: DataSourceComponent<T, P>,
): DataSourceComponent<T, P> {
  return source;
}

export function defineLoss<T extends string, P extends TProperties>(
  loss: LossComponent<T, P>,
): LossComponent<T, P> {
  return loss;
}

/** The value of a component in a resolved experiment: its `type` and every parameter. */
export type ValueOf<C> =
  C extends Component<infer T, infer P> ? { readonly type: T } & Static<TObject<P>> : never;

/** The TypeBox object of a component's value. */
export function valueSchema<T extends string, P extends TProperties>(
  component: Component<T, P>,
): TObject<{ type: TLiteral<T> } & P> {
  const members = { type: Type.Literal(component.type), ...component.params };
  const further = component.others === undefined ? {} : { additional: component.others };
  return Type.Object(members, further) as TObject<{ type: TLiteral<T> } & P>;
}

/** The branches of a schema that takes one of several components, told apart by `type`. */
export function branchesOf(components: Readonly<Record<string, unknown>>): readonly object[] {
  return (Object.values(components) as readonly Component[]).map((component) => ({
    ...valueSchema(component),
    title: component.title,
    description: component.summary,
  }));
}
