import type { Split } from '#common/run/series';
import type { PhysicsFact, RunFacts } from '#common/protocol/panel';
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
  /** Whether another line of this colour is told apart by being whole. */
  readonly isDashed?: boolean;
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

type ChartFacts = Pick<RunFacts, 'lossTerms' | 'isPenalized' | 'metrics' | 'physics'>;

/** The charts of a run: the loss with its terms, each metric, each part of the instrument that learns. */
export function chartsOf(facts: ChartFacts): readonly ChartSpec[] {
  const { metrics, physics } = facts;
  const measured = ['loss', ...metrics].map((name): ChartSpec => ({
    id: name,
    title: figureTitle(name),
    lines: [
      line('step', 'train', tags.batch(name), 'blue', true),
      line('train', 'train', tags.epoch(name), 'blue', false),
      line('validation', 'validation', tags.epoch(name), 'yellow', false),
      ...(name === 'loss' ? termLines(facts) : []),
    ],
    canBeLogarithmic: name === 'loss',
    format: (value) => formatMetric(name, value),
    axisFormat: isPart(name) ? axisPercent : axisLabel,
  }));
  const groupOf = ({ layer, unit }: PhysicsFact) => `${layer} ${unit}`;
  const groups = [...new Set(physics.map(groupOf))];
  const learned = groups.map((group) =>
    learnedChart(physics.filter((one) => groupOf(one) === group)),
  );
  return [...measured, ...learned];
}

/** What a part of the instrument learns in one unit: the twelve aberrations of a pupil are one chart. */
function learnedChart(parameters: readonly PhysicsFact[]): ChartSpec {
  const { tag, layer, unit } = parameters[0]!;
  const lines = parameters.map((one, i): LineSpec => {
    const title = parameterTitle(one.parameter, unit);
    const colour = parameterColours[i % parameterColours.length]!;
    const isDashed = i >= parameterColours.length;
    return { ...line(title, 'train', one.tag, colour, true), isThin: false, isDashed };
  });
  const suffix = unit === '' ? '' : ` ${unit}`;
  const subject = lines.length === 1 ? `${layer}: ${lines[0]!.label}` : layer;
  return {
    id: tag,
    title: unit === '' ? subject : `${subject} (${unit})`,
    lines,
    canBeLogarithmic: false,
    format: (value) => `${formatNumber(value)}${suffix}`,
    axisFormat: axisLabel,
  };
}

/**
 * Colours that no line of a whole loss has; where there are more terms, they come again. Orange comes
 * last: VS Code's own is faint in most themes.
 */
const termColours = ['green', 'purple', 'red', 'orange'] as const satisfies readonly ChartColour[];

/** Colours of what learns together; from the second round on, the lines are dashed. */
const parameterColours = [
  'purple',
  'blue',
  'yellow',
  'green',
  'red',
  'foreground',
  'orange',
] as const satisfies readonly ChartColour[];

/** What adds up to the loss, term by term, and what regularization puts on top. */
function termLines({ lossTerms = [], isPenalized = false }: ChartFacts): readonly LineSpec[] {
  const terms = lossTerms.flatMap((name, i): LineSpec[] => {
    const colour = termColours[i % termColours.length]!;
    return [
      { ...line(`train ${name}`, 'train', tags.epoch(name), colour, false), isThin: true },
      {
        ...line(`validation ${name}`, 'validation', tags.epoch(name), colour, false),
        isThin: true,
        isDashed: true,
      },
    ];
  });
  if (!isPenalized) return terms;
  const penalty = line('penalty', 'train', tags.epoch('penalty'), 'foreground', false);
  return [...terms, { ...penalty, isThin: true }];
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
