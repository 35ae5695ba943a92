import { defineLoss } from './component';
import { kerasLoss } from './lossReferences';
import { realNumber } from './parameters';

const smooth = realNumber({
  description: 'Added to numerator and denominator, so that two empty masks agree.',
  exclusiveMinimum: 0,
  maximum: 1e6,
  default: 1,
});
const overlapNote =
  'for each class or channel of each sample by itself, then their mean, so that it does not depend on the batch size; p is the softmax of the channels, or the logistic function of a single one';

const dice = defineLoss({
  type: 'dice',
  title: 'Dice',
  summary:
    'One minus the overlap of the answer with a mask, which small masks do not bias; takes logits.',
  formula: `ℓ = 1 − (2 Σ p t + s) / (Σ p + Σ t + s), ${overlapNote}`,
  params: { smooth },
  references: [
    { title: 'Milletari et al., V-Net, 3DV 2016', url: 'https://arxiv.org/abs/1606.04797' },
    kerasLoss('Dice'),
  ],
  examples: [{ type: 'dice' }],
  compares: 'values',
  takesLogits: true,
  takesOneLogit: true,
});

const tversky = defineLoss({
  type: 'tversky',
  title: 'Tversky',
  summary: 'A Dice loss with separate weights for false and missed pixels; takes logits.',
  formula: `ℓ = 1 − (TP + s) / (TP + α FP + β FN + s), TP = Σ p t, FP = Σ p (1 − t), FN = Σ (1 − p) t, ${overlapNote}`,
  params: {
    alpha: realNumber({
      description: 'Weight α of what is marked falsely.',
      minimum: 0,
      maximum: 100,
      default: 0.5,
    }),
    beta: realNumber({
      description: 'Weight β of what is missed.',
      minimum: 0,
      maximum: 100,
      default: 0.5,
    }),
    smooth,
  },
  references: [
    {
      title: 'Salehi et al., Tversky loss function for image segmentation, MLMI 2017',
      url: 'https://arxiv.org/abs/1706.05721',
    },
    kerasLoss('Tversky'),
  ],
  examples: [{ type: 'tversky', alpha: 0.3, beta: 0.7 }],
  compares: 'values',
  takesLogits: true,
  takesOneLogit: true,
});

const ssim = defineLoss({
  type: 'ssim',
  title: 'Structural similarity',
  summary: 'One minus the structural similarity of an image with its target.',
  formula:
    'ℓ = 1 − mean of (2 μ_y μ_t + c₁)(2 σ_yt + c₂) / ((μ_y² + μ_t² + c₁)(σ_y² + σ_t² + c₂)) over all 11 × 11 windows (Gaussian, σ = 1.5) inside the image, c₁ = (0.01 L)², c₂ = (0.03 L)²',
  params: {
    range: realNumber({
      description: 'Range L of the values.',
      exclusiveMinimum: 0,
      maximum: 1e9,
      default: 1,
    }),
  },
  references: [
    {
      title:
        'Wang et al., Image quality assessment: from error visibility to structural similarity, IEEE TIP 2004',
    },
  ],
  examples: [{ type: 'ssim' }],
  compares: 'images',
  takesLogits: false,
});

const totalVariation = defineLoss({
  type: 'totalVariation',
  title: 'Total variation',
  summary:
    'How much an image changes from pixel to pixel: a term of a mixture that makes it smooth.',
  formula: 'ℓ = (Σ |y[i+1,j] − y[i,j]| + Σ |y[i,j+1] − y[i,j]|) / number of values',
  params: {},
  references: [{ title: 'Rudin, Osher and Fatemi, Physica D 1992' }],
  examples: [{ type: 'totalVariation' }],
  compares: 'outputs',
  takesLogits: false,
});

/** Losses of whole images and masks. */
export const lossesOfImages = {
  dice,
  tversky,
  ssim,
  totalVariation,
} as const;
