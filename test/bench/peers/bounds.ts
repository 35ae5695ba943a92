// How fast Lightbench has to be, beside the peers in the same run on the same two cores.
import type { NetName } from '../nets';

/** Who a bound is measured by: the fastest variant of all peers, or of PyTorch. */
export type Yardstick = 'the best peer' | 'PyTorch';

/** The largest part of the yardstick's time that is allowed. */
export interface Bound {
  readonly factor: number;
  readonly of: Yardstick;
}

const bestPeer = (factor: number): Bound => ({ factor, of: 'the best peer' });
const pyTorch = (factor: number): Bound => ({ factor, of: 'PyTorch' });

/** One step of training; WebAssembly is judged on the newer Node. */
export const stepBounds: Readonly<Record<NetName, { native: Bound; wasm: Bound }>> = {
  a: { native: bestPeer(0.8), wasm: pyTorch(1.2) },
  b: { native: bestPeer(0.8), wasm: pyTorch(1.4) },
  s: { native: bestPeer(0.5), wasm: bestPeer(0.7) },
  m: { native: bestPeer(1), wasm: bestPeer(1.5) },
  u: { native: bestPeer(1), wasm: bestPeer(1.5) },
};

/** From the command to the finished run, start of the process included. */
export const peopleBound = bestPeer(0.5);

/** Images a second on one core: at least so many times torchvision's. */
export const augmentationFactor = 2;
