/** TensorBoard event files: what the metrics log of a run is made of. */
export * from './decoder';
export * from './encoder';
export * from './event';
export { makeHistogram } from './histogram';
