import { Type } from '@sinclair/typebox';
import { text } from './parameters';

/** Every layer may carry a name; without one it gets its type with a number, as in Keras. */
export const named = {
  name: Type.Optional(
    text({ description: 'Name of the layer in summaries, weights and series.', minLength: 1 }),
  ),
};

/** A reference to a layer of Keras. */
export const keras = (name: string) => ({
  title: `Keras ${name}`,
  url: `https://keras.io/api/layers/`,
});
