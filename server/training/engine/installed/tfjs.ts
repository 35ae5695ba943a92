import * as tf from '@tensorflow/tfjs-core';

/**
 * Our TF.js for the backends of other packages. They are compiled to ES5, where a class calls the one that
 * it extends as a function; that of our bundle cannot be called so, and has nothing to set up.
 */
export const tfForPackages: unknown = { ...tf, KernelBackend: callable(tf.KernelBackend) };

function callable({ prototype }: { readonly prototype: object }): unknown {
  function Base(): void {
    // All is in the prototype.
  }
  Base.prototype = prototype;
  return Base;
}
