// Whether anything learns, and whether what layers say of their weights makes sense.
import { formatPath } from './path';
import type { Finding } from './problem';
import { pathOfKey, type LayerTrace, type Trace } from './trace';

/** Pairs of numbers whose order matters, in the components that some keys of a layer have. */
const orders = [
  {
    keys: ['kernelInitializer', 'depthwiseInitializer', 'pointwiseInitializer', 'biasInitializer'],
    ...{ low: 'minval', high: 'maxval' },
  },
  { keys: ['kernelConstraint', 'biasConstraint'], low: 'minValue', high: 'maxValue' },
] as const;

/** What is wrong with how the weights of single layers begin and learn. */
export function checkLearning(trace: Trace): readonly Finding[] {
  const found = [...trace.layers.flatMap(checkOrders), ...trace.layers.flatMap(checkRate)];
  // A block that is used ten times is wrong once.
  const places = found.map(({ path }) => formatPath(path));
  return found.filter((_, i) => places.indexOf(places[i]!) === i);
}

/** Without anything to learn there is no gradient, and no step of training. */
export function checkThatSomethingLearns({ layers, physics, output }: Trace): readonly Finding[] {
  const learns =
    physics.some(({ parameters }) => parameters.some((spec) => spec.trainable)) ||
    layers.some(({ trainableParameters }) => trainableParameters > 0);
  if (output === undefined || learns) return [];
  const frozen = layers.findLast(({ weights }) => weights.some(({ role }) => role !== 'statistic'));
  const nothing = { severity: 'error', code: 'model/nothing-to-train' } as const;
  if (frozen === undefined) {
    const message =
      'Nothing can be learned: no layer has weights, and nothing of the instrument is trainable. Add a layer with weights, such as dense.';
    return [{ ...nothing, message, path: ['model', 'layers'] }];
  }
  const { name, value } = frozen;
  const key = 'trainable' in value && value.trainable ? 'learningRateMultiplier' : 'trainable';
  const message = `Nothing can be learned: every layer with weights is frozen, up to \`${name}\`, and nothing of the instrument is trainable. Let one of them learn, most of all the last one.`;
  return [{ ...nothing, message, path: pathOfKey(frozen, key) }];
}

function checkOrders(layer: LayerTrace): readonly Finding[] {
  const values = new Map<string, unknown>(Object.entries(layer.value));
  return orders.flatMap(({ keys, low, high }) =>
    keys.flatMap((key): readonly Finding[] => {
      const numbers = (values.get(key) ?? {}) as Readonly<Record<string, number | undefined>>;
      const { [low]: least, [high]: most } = numbers;
      if (least === undefined || most === undefined || least <= most) return [];
      const message = `\`${low}\` must not be above \`${high}\`; got ${least} and ${most}. Exchange them.`;
      const path = [...pathOfKey(layer, key), low];
      return [{ severity: 'error', code: 'values/order', message, path }];
    }),
  );
}

function checkRate(layer: LayerTrace): readonly Finding[] {
  const { value } = layer;
  if (!('learningRateMultiplier' in value) || value.learningRateMultiplier > 0) return [];
  const message = `\`learningRateMultiplier\` is 0, so that the weights of \`${layer.name}\` never change. Write "trainable": false instead, which says so.`;
  const path = pathOfKey(layer, 'learningRateMultiplier');
  return [{ severity: 'information', code: 'model/no-rate', message, path }];
}
