import type { AugmentationValue } from '../catalogue/augmentation';
import type { Shape } from '../catalogue/component';
import { augmentationComponent } from '../catalogue/index';
import type { JsonPath } from './path';
import type { Finding } from './problem';

/** Whether the images have the channels that each augmentation needs. */
export function checkAugmentation(
  values: readonly AugmentationValue[],
  image: Shape,
  place: JsonPath = ['augmentation'],
): readonly Finding[] {
  return values.flatMap((value, index): readonly Finding[] => {
    const path = [...place, index];
    if (value.type === 'oneOf') {
      return checkAugmentation(value.choices, image, [...path, 'choices']);
    }
    const { channels } = augmentationComponent(value.type);
    const given = image.at(-1);
    if (channels === undefined || channels === given) return [];
    const message = `\`${value.type}\` changes the colour of images of ${channels} channels; the data have ${given}. Remove it.`;
    return [{ severity: 'error', code: 'augmentation/channels', message, path: [...path, 'type'] }];
  });
}
