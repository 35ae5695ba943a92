// A small valid experiment, and how tests change it: a piece of its text is replaced by another one.

export const baseText = `{
  // Digits through a blur.
  "version": 1,
  "name": "base",
  "seed": 7,
  "data": { "source": { "type": "digits" },
            "split": { "train": 0.7, "validation": 0.15, "test": 0.15 } },
  "augmentation": [{ "type": "affine", "rotateDegrees": 10 }],
  "physics": [{ "type": "gaussianBlur", "sigmaPx": 1 }, { "type": "shotNoise", "photons": 200 }],
  "normalization": { "type": "standardize" },
  "model": { "layers": [
    { "type": "conv2d", "filters": 8, "kernelSize": 3, "activation": "relu" },
    { "type": "maxPooling2d" },
    { "type": "flatten" },
    { "type": "dense", "units": 10 },
  ] },
  "loss": { "type": "softmaxCrossEntropy" },
  "regularization": { "type": "l2", "lambda": 1e-4 },
  "optimizer": { "type": "adam" },
  "training": { "epochs": 10, "batchSize": 64, "earlyStopping": { "patience": 3 } },
  "metrics": ["accuracy"],
}
`;

/** A text with the place where a problem is expected, which is written «so». */
export interface MarkedText {
  readonly text: string;
  readonly offset: number;
  readonly length: number;
}

/** The base with one piece replaced; the replacement marks a place with « and ». */
export function changed(piece: string, replacement: string, text: string = baseText): MarkedText {
  if (text.split(piece).length !== 2) throw new Error(`not exactly once in the base: ${piece}`);
  return marked(text.replace(piece, () => replacement));
}

/** Takes the marks out of a text and says where they were. */
export function marked(text: string): MarkedText {
  const offset = text.indexOf('«');
  const length = text.indexOf('»') - offset - 1;
  return { text: text.replace(/[«»]/g, ''), offset, length: offset < 0 ? 0 : length };
}
