/** What can compute a training step. `native` and `wasm` are ours; the others use what the user has. */
export const engineIds = ['native', 'wasm', 'tensorflow', 'cuda', 'webgpu'] as const;
export type EngineId = (typeof engineIds)[number];

/** What a run asks for: an engine by name, or the fastest that works. */
export type EngineChoice = EngineId | 'auto';

/** Facts about an engine that is open, shown beside a run and kept in its `run.json`. */
export interface EngineFacts {
  readonly id: EngineId;
  /** For people: "WebAssembly, relaxed SIMD". */
  readonly description: string;
  readonly threads: number;
  /** Why this one was taken: "asked for", or what `auto` weighed. */
  readonly reason: string;
}

/** One row of `lightbench engines`. */
export interface EngineReport {
  readonly id: EngineId;
  readonly available: boolean;
  /** Why it is available or not, and what to do about it. */
  readonly reason: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** The engines that Lightbench can set up: TensorFlow's library, on the CPU and on NVIDIA's GPUs. */
export const tensorflowEngineIds = ['tensorflow', 'cuda'] as const satisfies readonly EngineId[];
export type TensorflowEngineId = (typeof tensorflowEngineIds)[number];

/** What `lightbench engines install --json` prints, one a line. */
export type EngineInstallEvent =
  | {
      readonly event: 'step';
      /** Counted from 1. */
      readonly step: number;
      readonly steps: number;
      readonly title: string;
    }
  | {
      readonly event: 'end';
      readonly engine: TensorflowEngineId;
      readonly folder: string;
      /** For people: "TensorFlow 2.21.0, CPU". */
      readonly description: string;
    };

/** The environment variable that names the folder of TensorFlow for Node, for all that trains. */
export const tensorflowPathVariable = 'LIGHTBENCH_TENSORFLOW_PATH';
