import type { Experiment } from './experiment';
import type { Finding } from './problem';

const limits = ['clipValue', 'clipNorm', 'globalClipNorm'] as const;

/** What contradicts itself in the optimizer, or cannot act in the time that training has. */
export function checkOptimizer({ optimizer, training }: Experiment): readonly Finding[] {
  const findings: Finding[] = [];
  const [first, second] = limits.filter((name) => optimizer[name] !== undefined);
  if (first !== undefined && second !== undefined) {
    const message = `Gradients are clipped in one way only; got \`${first}\` and \`${second}\`. Remove one of them.`;
    findings.push({
      severity: 'error',
      code: 'optimizer/two-clips',
      message,
      path: ['optimizer', second],
    });
  }
  const { schedule, learningRate } = optimizer;
  if (schedule !== undefined && schedule.warmUpEpochs >= training.epochs) {
    const message = `The warm-up takes ${schedule.warmUpEpochs} epochs, and training ends after ${training.epochs}: the full learning rate is never reached. Shorten \`warmUpEpochs\`.`;
    const path = ['optimizer', 'schedule', 'warmUpEpochs'];
    findings.push({ severity: 'warning', code: 'optimizer/warm-up', message, path });
  }
  if (schedule?.type === 'rangeTest' && schedule.largest <= learningRate) {
    const message = `A range test goes from \`learningRate\` up to \`largest\`; got ${learningRate} and ${schedule.largest}. Lower \`learningRate\`, for example to ${schedule.largest / 1e5}.`;
    const path = ['optimizer', 'schedule', 'largest'];
    findings.push({ severity: 'error', code: 'optimizer/range', message, path });
  }
  return findings;
}
