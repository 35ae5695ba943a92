/** Kernels that answer with a number: sizes of scratch memory, numbers of units of work. */
const queryNames = [
  'packed_floats',
  'panel_count',
  'row_tiles',
  'conv2d_scratch_bytes',
  'conv2d_packed_floats',
  'conv2d_input_gradient_packed_floats',
  'conv2d_filter_gradient_parts',
  'conv2d_filter_gradient_units',
  'conv2d_filter_gradient_scratch_bytes',
  'row_groups',
  'dot_blocks',
  'not_finite_blocks',
  'depthwise_scratch_bytes',
  'depthwise_parts',
  'group_norm_scratch_bytes',
  'group_norm_parts',
  'local_response_scratch_bytes',
  'softmax_scratch_bytes',
  'overlap_parts',
  'overlap_scratch_bytes',
  'penalty_blocks',
  'dft_blocks',
  'dft_scratch_bytes',
] as const;

/** Kernels that can be recorded; their last argument is the number of units of work. */
const taskNames = [
  'matmul_pack',
  'matmul',
  'conv2d_pack',
  'conv2d',
  'conv2d_input_gradient_pack',
  'conv2d_input_gradient',
  'conv2d_filter_gradient',
  'add_parts',
  'depthwise',
  'depthwise_input_gradient',
  'depthwise_filter_gradient',
  'max_pool',
  'max_pool_gradient',
  'average_pool',
  'average_pool_gradient',
  'l2_pool',
  'l2_pool_gradient',
  'resample',
  'dft_lines',
  'unary_relu',
  'unary_negate',
  'unary_absolute',
  'unary_square',
  'unary_square_root',
  'unary_reciprocal_root',
  'unary_reciprocal',
  'unary_exponential',
  'unary_logarithm',
  'unary_tanh',
  'unary_sigmoid',
  'unary_softplus',
  'unary_elu',
  'unary_error_function',
  'activation',
  'activation_gradient',
  'prelu',
  'prelu_gradient',
  'binary_add',
  'binary_subtract',
  'binary_multiply',
  'binary_divide',
  'binary_maximum',
  'binary_minimum',
  'binary_squared_difference',
  'binary_relu_gradient',
  'binary_at_least',
  'binary_elu_gradient',
  'sum_rows',
  'maximum_rows',
  'sum_columns',
  'maximum_columns',
  'softmax',
  'group_sums',
  'group_moments',
  'moment_totals',
  'group_totals',
  'batch_norm',
  'batch_norm_sums',
  'batch_norm_totals',
  'batch_norm_gradient',
  'float_of_whole',
  'whole_of_float',
  'copy_block',
  'group_norm',
  'group_norm_gradient',
  'local_response_norm',
  'local_response_norm_gradient',
  'one_hot',
  'softmax_cross_entropy',
  'distribution_cross_entropy',
  'overlap_sums',
  'tversky_loss',
  'tversky_gradient',
  'point_loss',
  'penalty_sums',
  'penalty_total',
  'penalty_gradient',
  'fill',
  'copy',
  'dot',
  'dot_total',
  'find_not_finite',
  // A query, which ends a recorded list.
  'first_flag',
  'update_sgd',
  'update_momentum',
  'update_nesterov',
  'update_adam',
  'update_amsgrad',
  'update_adamax',
  'update_nadam',
  'update_adagrad',
  'update_proximal_adagrad',
  'update_proximal_gradient',
  'update_ftrl',
  'update_adadelta',
  'update_rmsprop',
  'update_centred_rmsprop',
  'update_lion',
  'update_average',
  'random_drop',
  'random_uniform',
  'random_normal',
  'random_select',
  'random_photons',
  'orient_images',
  'warp_affine',
  'warp_crop',
  'warp_resized_crop',
  'warp_elastic',
  'cut_out',
  'blur_images',
  'shuffle_channels',
  'recolour',
  'change_contrast',
  'draw_partners',
  'draw_shares',
  'draw_boxes',
  'mix_rows',
  'paste_boxes',
] as const;

export type TaskName = (typeof taskNames)[number];
export type KernelName = (typeof queryNames)[number] | TaskName;

/** The kernels as functions of numbers; addresses are bytes from the start of the memory. */
export type Kernels = Readonly<Record<KernelName, (...values: number[]) => number>>;

/** The record of pool.h: task, units of work, scratch memory of the first thread, step to the next. */
const record = { task: 0, count: 1, scratch: 2, scratchStep: 3, arguments: 4 } as const;
export const recordLength = 24;

/** How many units of work a record asks for. */
export function recordUnits(values: Float64Array): number {
  return values[record.count]!;
}

/** The arguments of a record, in place. */
export function recordArguments(values: Float64Array): Float64Array {
  return values.subarray(record.arguments);
}

/** How a chain of tasks is divided. */
export interface Division {
  /** How often the work of all tasks can be divided. */
  readonly samples: number;
  /** Samples that fit in the cache, and the fewest that are worth reading all weights for. */
  readonly atOnce: number;
  readonly least: number;
}

/** The record that stands before those of a chain of `links` tasks: pool.h says how it runs. */
export function chainRecord(links: number, { samples, atOnce, least }: Division): Float64Array {
  const values = new Float64Array(recordLength);
  values[record.task] = -1;
  values[record.count] = samples;
  values.set([links, atOnce, least], record.arguments);
  return values;
}

/** Where each thread finds its scratch memory. */
export function writeScratch(values: Float64Array, pointer: number, stepBytes: number): void {
  values[record.scratch] = pointer;
  values[record.scratchStep] = stepBytes;
}

/** A compiled kernel, as its line in taskList.h declares it. */
export interface TaskDeclaration {
  readonly name: string;
  /** Its place in the table. */
  readonly idx: number;
  /** Which of its arguments are addresses. */
  readonly addresses: readonly number[];
}

/** Reads the table of the compiled kernels: `relu:P(0), P(1);add:…`. */
export function readDeclarations(table: string): ReadonlyMap<string, TaskDeclaration> {
  const lines = table.split(';').filter(Boolean);
  return new Map(
    lines.map((line, idx) => {
      const [name = '', given = ''] = line.split(':');
      const places = [...given.matchAll(/\bP\((\d+)\)/g)];
      const addresses = places.map(([, place]) => Number(place));
      return [name, { name, idx, addresses }];
    }),
  );
}

/** What becomes of a call, once its record is filled. */
export interface Calls {
  /** Answers at once. */
  query(): number;
  /** Computes now, or later. */
  task(declaration: TaskDeclaration): number;
}

/** Functions that write their arguments into the record and call. */
export function bindKernels(
  declarations: ReadonlyMap<string, TaskDeclaration>,
  values: Float64Array,
  calls: Calls,
): Kernels {
  const bound: Partial<Record<KernelName, (...values: number[]) => number>> = {};
  for (const name of queryNames) {
    const { idx } = declarationOf(declarations, name);
    bound[name] = (...given) => {
      values[record.task] = idx;
      for (let i = 0; i < given.length; i++) values[record.arguments + i] = given[i]!;
      return calls.query();
    };
  }
  for (const name of taskNames) {
    const declaration = declarationOf(declarations, name);
    bound[name] = (...given) => {
      const last = given.length - 1;
      values[record.task] = declaration.idx;
      values[record.count] = given[last]!;
      for (let i = 0; i < last; i++) values[record.arguments + i] = given[i]!;
      return calls.task(declaration);
    };
  }
  return bound as Kernels;
}

function declarationOf(
  declarations: ReadonlyMap<string, TaskDeclaration>,
  name: string,
): TaskDeclaration {
  const declaration = declarations.get(name);
  if (declaration) return declaration;
  throw new Error(`The compiled kernels have no "${name}": run npm run build:kernels.`);
}
