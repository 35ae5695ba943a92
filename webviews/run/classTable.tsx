import type { ClassResults, CurvePair, SplitResults } from '#common/run/events';
import { formatCount, formatNumber, formatPercent } from '../charts/format';
import { Figure, methodsText } from './figure';

const titles = { precision: 'Precision', recall: 'Recall', f1: 'F1', iou: 'IoU' } as const;
type ClassFigure = keyof typeof titles;
const figureNames = Object.keys(titles) as readonly ClassFigure[];

/** How well each class, or each of several labels, is found, and how sure that is. */
export function ClassTable(props: {
  readonly results: SplitResults;
  readonly classes: readonly ClassResults[];
  readonly chosen: string | undefined;
  readonly choose: (name: string | undefined) => void;
}) {
  const { results, classes, chosen, choose } = props;
  const figures = figureNames.filter((name) => classes.some((one) => one[name] !== undefined));
  const curves = new Map(results.curves?.map((one) => [one.name, one]));
  const heads = [
    results.task === 'segmentation' ? 'Pixels' : 'Samples',
    ...figures.map((name) => titles[name]),
    ...(curves.size > 0 ? ['ROC area', 'Average precision'] : []),
  ];
  const methods = methodsText(
    classes.map(({ intervals }) => intervals),
    (name) => name,
  );
  return (
    <div class="class-figures">
      <h3>Classes</h3>
      <div class="scrolled" tabIndex={0} role="region" aria-label="Figures of each class">
        <table class="classes">
          <thead>
            <tr>
              <th scope="col">Class</th>
              {heads.map((head) => (
                <th scope="col" key={head}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((one) => (
              <ClassRow
                key={one.name}
                one={one}
                figures={figures}
                areas={curves.size === 0 ? [] : areasOf(curves.get(one.name))}
                isChosen={one.name === chosen}
                choose={choose}
              />
            ))}
          </tbody>
        </table>
      </div>
      {methods !== '' && <p class="hint">{methods}</p>}
    </div>
  );
}

function ClassRow(props: {
  readonly one: ClassResults;
  readonly figures: readonly ClassFigure[];
  readonly areas: readonly string[];
  readonly isChosen: boolean;
  readonly choose: (name: string | undefined) => void;
}) {
  const { one, figures, areas, isChosen, choose } = props;
  return (
    <tr class={isChosen ? 'chosen' : ''}>
      <th scope="row">
        <button
          type="button"
          class="link"
          title="Look at this class alone"
          aria-pressed={isChosen}
          onClick={() => choose(isChosen ? undefined : one.name)}
        >
          {one.name}
        </button>
      </th>
      <td>{formatCount(one.count)}</td>
      {figures.map((name) => (
        <td key={name}>
          <Figure format={formatPercent} value={one[name]} interval={one.intervals?.[name]} />
        </td>
      ))}
      {areas.map((area, index) => (
        <td key={index}>{area}</td>
      ))}
    </tr>
  );
}

/** None of a class whose samples are all of one kind. */
function areasOf(curves: CurvePair | undefined): readonly string[] {
  const areas = [curves?.roc.area, curves?.precisionRecall.area];
  return areas.map((area) => (area === undefined ? '–' : formatNumber(area)));
}
