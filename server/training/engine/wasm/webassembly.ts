// The part of the WebAssembly API that the engine uses. TypeScript declares it in its DOM library only,
// which does not belong into a program for Node.

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** Grows by pages of 64 KiB; views of a shared memory stay valid. */
  grow(pages: number): number;
}

/** A memory that knows how far it can grow. */
export interface KernelMemory extends WasmMemory {
  readonly mostBytes: number;
}

/** Compiled code; opaque. */
export type WasmModule = object;

interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface WebAssemblyApi {
  readonly Memory: new (options: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<WasmInstance>;
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi })
  .WebAssembly;
