// Registers the gradients of TF.js' operations: its core package comes without them. Run from sources,
// Node takes the core from one bundled file and the gradients from many small ones, which bring a second
// copy of the class Tensor; that copy is given its methods here, so that either may make tensors. A
// bundle of ours has one copy of everything.
import { buffer, cast, clone, print } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { setOpHandler } from '@tensorflow/tfjs-core/dist/tensor';

setOpHandler({ buffer, cast, clone, print });
