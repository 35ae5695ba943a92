import * as tf from '@tensorflow/tfjs-core';
import { conv2d, perSample, pointLoss } from '../engine/ops';

const [windowSize, sigma, k1, k2] = [11, 1.5, 0.01, 0.03];

/** 1 − SSIM of every image of a batch: the mean over all windows inside the image and all channels. */
export function dissimilarity(outputs: tf.Tensor, target: tf.Tensor, range: number): tf.Tensor1D {
  const [y, t] = [byChannel(outputs), byChannel(target)];
  const [meanY, meanT] = [blur(y), blur(t)];
  const [c1, c2] = [(k1 * range) ** 2, (k2 * range) ** 2];
  const product = tf.mul(meanY, meanT);
  const squares = tf.add(tf.square(meanY), tf.square(meanT));
  const covariance = tf.sub(blur(tf.mul(y, t)), product);
  const variances = tf.sub(tf.add(blur(tf.square(y)), blur(tf.square(t))), squares);
  const luminance = tf.div(tf.add(tf.mul(product, 2), c1), tf.add(squares, c1));
  const structure = tf.div(tf.add(tf.mul(covariance, 2), c2), tf.add(variances, c2));
  return tf.sub(1, perSample(tf.mul(luminance, structure), outputs.shape[0]!));
}

/** Every channel as an image of its own. */
function byChannel(x: tf.Tensor): tf.Tensor4D {
  const [samples, height, width, channels] = x.shape as [number, number, number, number];
  const turned = channels === 1 ? x : tf.transpose(x, [0, 3, 1, 2]);
  return tf.reshape(turned, [samples * channels, height, width, 1]);
}

/** Means weighted by a Gaussian window, for every window that lies inside. */
function blur(x: tf.Tensor4D): tf.Tensor4D {
  const weights = gaussian();
  const rows = conv2d(x, tf.tensor4d(weights, [windowSize, 1, 1, 1]), { padding: 'valid' });
  return conv2d(rows, tf.tensor4d(weights, [1, windowSize, 1, 1]), { padding: 'valid' });
}

function gaussian(): Float32Array {
  const half = (windowSize - 1) / 2;
  const values = Array.from({ length: windowSize }, (_, i) =>
    Math.exp(-((i - half) ** 2) / (2 * sigma ** 2)),
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return Float32Array.from(values, (value) => value / sum);
}

/** Sum of the sizes of all steps from pixel to pixel, divided by the number of values. */
export function totalVariation(outputs: tf.Tensor): tf.Tensor1D {
  const [, height, width] = outputs.shape as [number, number, number, number];
  const down = steps(outputs, 1, height);
  const across = steps(outputs, 2, width);
  return tf.add(down, across);
}

/** The same along one axis. `pointLoss` gives the mean over the steps, of which there is a row less. */
function steps(x: tf.Tensor, axis: number, length: number): tf.Tensor1D {
  // No step at all; what depends on nothing could not be differentiated.
  if (length === 1) return perSample(tf.mul(x, 0), x.shape[0]!);
  const part = (begin: number): tf.Tensor =>
    tf.slice(
      x,
      x.shape.map((_, i) => (i === axis ? begin : 0)),
      x.shape.map((size, i) => (i === axis ? length - 1 : size)),
    );
  const changes = tf.sub(part(1), part(0));
  return tf.mul(pointLoss('absolute', changes), (length - 1) / length);
}
