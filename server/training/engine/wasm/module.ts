import fs from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import { webAssembly, type WasmMemory, type WasmModule } from './webassembly';

/** The functions that the C kernels export; their arguments are pointers and numbers. */
const kernelNames = [
  'packed_floats',
  'panel_count',
  'matmul_scratch_bytes',
  'matmul_pack',
  'matmul',
  'conv2d_scratch_bytes',
  'conv2d_pack',
  'conv2d',
  'conv2d_input_gradient_pack',
  'conv2d_input_gradient',
  'conv2d_filter_gradient_tiles',
  'conv2d_filter_gradient_scratch_bytes',
  'conv2d_filter_gradient',
  'max_pool',
  'max_pool_gradient',
  'average_pool',
  'average_pool_gradient',
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
  'binary_add',
  'binary_subtract',
  'binary_multiply',
  'binary_divide',
  'binary_maximum',
  'binary_minimum',
  'binary_squared_difference',
  'binary_relu_gradient',
  'binary_elu_gradient',
  'sum_rows',
  'maximum_rows',
  'sum_columns',
  'maximum_columns',
  'softmax',
  'channel_moments',
  'batch_norm',
  'batch_norm_sums',
  'batch_norm_gradient',
  'transpose',
] as const;
export type KernelName = (typeof kernelNames)[number];
export type Kernels = Readonly<Record<KernelName, (...values: number[]) => number>>;

/** Which of the two committed modules runs. */
export type KernelVariant = 'relaxed' | 'plain';

export interface CompiledKernels {
  readonly variant: KernelVariant;
  readonly module: WasmModule;
}

export interface LinkedKernels {
  readonly kernels: Kernels;
  /** The first address behind the module's own data and stack. */
  readonly heapStart: number;
}

const files: Readonly<Record<KernelVariant, string>> = {
  relaxed: 'kernels.relaxed.wasm',
  plain: 'kernels.wasm',
};

/** Compiles the faster of the modules that this Node can run, or the one asked for. */
export async function compileKernels(wanted?: KernelVariant): Promise<CompiledKernels> {
  allowRelaxedSimd();
  const folder = findKernelFolder();
  for (const variant of wanted ? [wanted] : (['relaxed', 'plain'] as const)) {
    const bytes = await fs.promises.readFile(path.join(folder, files[variant]));
    if (webAssembly.validate(bytes)) return { variant, module: await webAssembly.compile(bytes) };
  }
  throw new Error(
    `The WebAssembly kernels do not run here: Node ${process.versions.node} on ${process.arch} has ` +
      `no ${wanted ?? 'SIMD'} instructions for them. Use Node 20 or newer on a 64-bit processor.`,
  );
}

/** Makes the kernels work on a memory. */
export async function linkKernels(
  { module }: CompiledKernels,
  memory: WasmMemory,
): Promise<LinkedKernels> {
  const instance = await webAssembly.instantiate(module, { env: { memory } });
  const { exports } = instance;
  for (const name of kernelNames) {
    if (typeof exports[name] !== 'function') {
      throw new Error(`The kernel module has no "${name}": run npm run build:kernels.`);
    }
  }
  const heapBase = exports['__heap_base'] as { readonly value: unknown } | undefined;
  if (typeof heapBase?.value !== 'number') {
    throw new Error('The kernel module does not export "__heap_base": run npm run build:kernels.');
  }
  return { kernels: exports as unknown as Kernels, heapStart: heapBase.value };
}

/** Below Node 22, V8 has relaxed SIMD behind a flag; above, it does not know the flag any more. */
function allowRelaxedSimd(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 22) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** The modules lie beside the sources, and in the bundle's folder once built. */
function findKernelFolder(): string {
  const candidates = [path.join(__dirname, '../kernels'), path.join(__dirname, 'kernels')];
  const folder = candidates.find((candidate) => fs.existsSync(path.join(candidate, files.plain)));
  if (folder) return folder;
  throw new Error(
    `The WebAssembly kernels are missing: no ${files.plain} in ${candidates.join(' or ')}. ` +
      `Reinstall the extension, or run npm run build:kernels in a checkout.`,
  );
}
