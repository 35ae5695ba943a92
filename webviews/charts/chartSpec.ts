import type { Split } from '#common/run/series';
import type { RunFacts } from '#common/protocol/panel';
import { tags } from '#common/run/series';
import {
  axisLabel,
  axisPercent,
  figureTitle,
  formatMetric,
  formatNumber,
  isPart,
  parameterTitle,
} from './format';
import type { ChartColour } from './theme';

/** One curve of a chart. */
export interface LineSpec {
  readonly label: string;
  readonly split: Split;
  readonly tag: string;
  readonly colour: ChartColour;
  /** Its steps are training steps; otherwise they are epochs. */
  readonly isPerStep: boolean;
  readonly isThin: boolean;
}

/** One chart of the page. */
export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly LineSpec[];
  /** Whether a logarithmic axis makes sense. */
  readonly canBeLogarithmic: boolean;
  readonly format: (value: number) => string;
  /** As `format`, in as few characters as the value needs. */
  readonly axisFormat: (value: number) => string;
}

/** The charts of a run: the loss, each metric, each part of the instrument that learns. */
export function chartsOf({
  metrics,
  physics,
}: Pick<RunFacts, 'metrics' | 'physics'>): readonly ChartSpec[] {
  const measured = ['loss', ...metrics].map((name): ChartSpec => ({
    id: name,
    title: figureTitle(name),
    lines: [
      line('step', 'train', tags.batch(name), 'blue', true),
      line('train', 'train', tags.epoch(name), 'blue', false),
      line('validation', 'validation', tags.epoch(name), 'yellow', false),
    ],
    canBeLogarithmic: name === 'loss',
    format: (value) => formatMetric(name, value),
    axisFormat: isPart(name) ? axisPercent : axisLabel,
  }));
  const learned = physics.map(({ tag, layer, parameter, unit }): ChartSpec => {
    const title = parameterTitle(parameter, unit);
    return {
      id: tag,
      title: `${layer}: ${title}${unit === '' ? '' : ` (${unit})`}`,
      lines: [{ ...line(title, 'train', tag, 'purple', true), isThin: false }],
      canBeLogarithmic: false,
      format: (value) => `${formatNumber(value)}${unit === '' ? '' : ` ${unit}`}`,
      axisFormat: axisLabel,
    };
  });
  return [...measured, ...learned];
}

function line(
  label: string,
  split: Split,
  tag: string,
  colour: ChartColour,
  isPerStep: boolean,
): LineSpec {
  return { label, split, tag, colour, isPerStep, isThin: isPerStep };
}
