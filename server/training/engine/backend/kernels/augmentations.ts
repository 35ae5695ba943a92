import type { TaskName } from '../kernels';
import { attribute, input, type BackendKernel } from './call';
import { drawnBy } from './random';

/** A kernel of the form (draws, image format, numbers, x, result). */
function changing(task: TaskName): BackendKernel {
  return {
    accepts: () => true,
    run: (call) => {
      const { backend } = call;
      const x = input(call, 'x');
      const y = backend.makeOutputInfo(x.shape);
      backend.reserveThreadScratch(attribute(call, 'scratchBytes'));
      backend.kernels[task](
        ...drawnBy(call),
        backend.shapePointer(attribute(call, 'format')),
        ...attribute<readonly number[]>(call, 'numbers'),
        backend.pointer(x),
        backend.pointer(y),
        x.shape[0]!,
      );
      return y;
    },
  };
}

export const augmentationKernels: Readonly<Record<string, BackendKernel>> = {
  LightbenchOrient: changing('orient_images'),
  LightbenchAffine: changing('warp_affine'),
  LightbenchCrop: changing('warp_crop'),
  LightbenchResizedCrop: changing('warp_resized_crop'),
  LightbenchElastic: changing('warp_elastic'),
  LightbenchCutOut: changing('cut_out'),
  LightbenchBlur: changing('blur_images'),
  LightbenchShuffleChannels: changing('shuffle_channels'),
  LightbenchRecolour: changing('recolour'),
  LightbenchContrast: changing('change_contrast'),
};
