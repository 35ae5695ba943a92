import uPlot from 'uplot';
import type { LineSpec } from './chartSpec';
import type { LineChartProps } from './lineChart';
import type { Pyramid } from './pyramid';
import { readTheme, type ChartTheme } from './theme';
import type { Stretch } from './zoom';
import { stepsInEpoch } from './readOut';

/** The drawing of a chart in its element. */
export interface Plot {
  /** Draws what the curves hold now, in the stretch that the user looks at. */
  draw(): void;
  resize(): void;
  destroy(): void;
}

const heightPx = 200;
/** So few points are marked as points. */
const markedPoints = 60;

/** Makes the drawing. The properties are those of the latest rendering. */
export function createPlot(
  element: HTMLElement,
  props: { readonly current: LineChartProps },
  onHover: (epoch: number | undefined) => void,
): Plot {
  const { spec, isLogarithmic } = props.current;
  const theme = readTheme();

  const plot = new uPlot(
    {
      width: Math.max(1, element.clientWidth),
      height: heightPx,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => showAll },
        // The mouse of one chart is that of all; what it selects goes by way of the zoom.
        sync: { key: 'epochs', setSeries: false, filters: { pub: isMove, sub: isMove } },
      },
      scales: {
        x: { time: false },
        y: isLogarithmic ? { distr: 3 } : { range: rangeOf },
      },
      axes: axesOf(theme, spec.axisFormat, isLogarithmic),
      series: [{}, ...spec.lines.map((line) => seriesOf(line, theme))],
      hooks: {
        setCursor: [
          ({ cursor, posToVal }) => {
            const left = cursor.left ?? -1;
            onHover(left < 0 ? undefined : posToVal(left, 'x'));
          },
        ],
        setSelect: [zoomToSelection],
      },
    },
    [[], ...spec.lines.map(() => [])],
    element,
  );

  function lastEpoch(): number {
    const { curves, stepsPerEpoch } = props.current;
    const ends = spec.lines.map((line) => {
      const curve = curves.get(line.split, line.tag);
      if (curve === undefined || curve.length === 0) return 0;
      return curve.xAt(curve.length - 1) / stepsInEpoch(line, stepsPerEpoch);
    });
    return Math.max(0, ...ends);
  }
  function zoomToSelection(self: uPlot): void {
    const { left, width } = self.select;
    if (width <= 2) return;
    const stretch = { from: self.posToVal(left, 'x'), to: self.posToVal(left + width, 'x') };
    self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    props.current.zoom.set(stretch);
  }
  function showAll(): null {
    props.current.zoom.set(undefined);
    return null;
  }
  function draw(): void {
    const { curves, stepsPerEpoch } = props.current;
    const end = lastEpoch();
    const { from, to } = props.current.zoom.stretch ?? { from: 0, to: end === 0 ? 1 : end };
    const columns = Math.max(50, Math.ceil(plot.bbox.width / devicePixelRatio));
    const tables = spec.lines.map((line) => {
      const curve = curves.get(line.split, line.tag);
      const scale = stepsInEpoch(line, stepsPerEpoch);
      return tableOf(curve, { from, to, scale, columns, isLogarithmic });
    });
    plot.batch(() => {
      plot.setData(uPlot.join(tables), false);
      plot.setScale('x', { min: from, max: to });
    });
  }
  draw();
  return {
    draw,
    resize() {
      const width = Math.max(1, element.clientWidth);
      if (width === plot.width) return;
      plot.setSize({ width, height: heightPx });
      draw();
    },
    destroy: () => plot.destroy(),
  };
}

interface DrawnStretch extends Stretch {
  /** Steps of the curve in an epoch. */
  readonly scale: number;
  readonly columns: number;
  readonly isLogarithmic: boolean;
}

/** What is drawn of a curve, over epochs; a logarithmic axis has no place for what is not positive. */
function tableOf(curve: Pyramid | undefined, stretch: DrawnStretch): uPlot.AlignedData {
  const { from, to, scale, columns, isLogarithmic } = stretch;
  if (curve === undefined) return [[], []];
  const { x, y } = curve.reduce(from * scale, to * scale, columns);
  const values = isLogarithmic ? Array.from(y, (value) => (value > 0 ? value : null)) : y;
  return [x.map((step) => step / scale), values];
}

function seriesOf(line: LineSpec, theme: ChartTheme): uPlot.Series {
  const stroke = theme.colour(line.colour);
  return {
    label: line.label,
    stroke,
    width: line.isThin ? 1 : 2,
    alpha: line.isThin && line.isPerStep ? (theme.isHighContrast ? 0.7 : 0.45) : 1,
    spanGaps: true,
    ...(line.isDashed === true && { dash: [4, 4] }),
    points: { show: isMarked, size: line.isThin ? 3 : 5, fill: stroke },
  };
}

/** Marks the points of a curve that has few; a single point would otherwise not be seen at all. */
function isMarked(plot: uPlot, series: number): boolean {
  let count = 0;
  for (const value of plot.data[series] ?? []) if (value != null) count++;
  return count <= markedPoints;
}

/** A margin around the values; a curve that is level gets room as well. */
function rangeOf(_plot: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low == null || high == null) return [0, 1];
  const margin = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 0.1;
  const isNonNegative = low >= 0;
  return [isNonNegative ? Math.max(0, low - margin) : low - margin, high + margin];
}

function isMove(event: string): boolean {
  return event === 'mousemove' || event === 'mouseleave';
}

function axesOf(
  theme: ChartTheme,
  format: (value: number) => string,
  isLogarithmic: boolean,
): uPlot.Axis[] {
  const width = 1 / devicePixelRatio;
  const shared = {
    stroke: theme.faint,
    font: theme.font,
    grid: { stroke: theme.grid, width, dash: theme.isHighContrast ? [2, 6] : [] },
    ticks: { stroke: theme.grid, width, size: 4 },
  };
  const axis: uPlot.Axis = {
    ...shared,
    size: 48,
    gap: 4,
    values: (_plot, splits) => splits.map((value) => (value == null ? '' : format(value))),
    // The logarithmic axis thins its own labels, by leaving values out.
    ...(isLogarithmic ? {} : { space: 34 }),
  };
  return [{ ...shared, size: 28, gap: 4, space: 60, values: epochLabels }, axis];
}

function epochLabels(_plot: uPlot, splits: number[]): string[] {
  return splits.map((epoch) => String(Number(epoch.toPrecision(6))));
}
