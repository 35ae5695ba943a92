import { useEffect, useRef, useState } from 'preact/hooks';
import type { Curves } from './curves';
import type { ChartSpec } from './chartSpec';
import { createPlot } from './plot';
import { onThemeChange, readTheme } from './theme';
import type { Zoom } from './zoom';
import { readOut } from './readOut';

export interface LineChartProps {
  readonly spec: ChartSpec;
  readonly curves: Curves;
  readonly zoom: Zoom;
  readonly stepsPerEpoch: number;
  readonly isLogarithmic: boolean;
  /** Said while there is nothing to draw. */
  readonly emptyText: string;
}

/** A chart of a few curves over epochs, with a legend that reads values out under the mouse. */
export function LineChart(props: LineChartProps) {
  const { spec, curves, zoom, emptyText } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<ReturnType<typeof createPlot> | undefined>(undefined);
  const [hovered, setHovered] = useState<number | undefined>(undefined);
  const [version, setVersion] = useState(0);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    let frame = 0;
    const make = () => {
      plot.current?.destroy();
      plot.current = createPlot(element, latest, setHovered);
    };
    const draw = () => {
      frame = 0;
      plot.current?.draw();
      setVersion((before) => before + 1);
    };
    make();
    const stops = [
      onThemeChange(() => {
        make();
        // The legend shows the colours too.
        setVersion((before) => before + 1);
      }),
      zoom.onChange(() => plot.current?.draw()),
      curves.onChange(() => (frame ||= requestAnimationFrame(draw))),
    ];
    const resizing = new ResizeObserver(() => plot.current?.resize());
    resizing.observe(element);
    return () => {
      stops.forEach((stop) => stop());
      resizing.disconnect();
      cancelAnimationFrame(frame);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [curves, zoom, spec, props.isLogarithmic]);
  useEffect(() => plot.current?.draw(), [props.stepsPerEpoch]);

  const theme = readTheme();
  const rows = readOut(spec, curves, props.stepsPerEpoch, hovered);
  const isEmpty = rows.every(({ value }) => value === undefined);
  return (
    <figure class="chart" data-chart={spec.id} data-version={version}>
      <figcaption>
        <h3>{spec.title}</h3>
        <ul class="legend">
          {rows.map(({ line, text }) => (
            <li key={line.label}>
              <svg class="swatch" viewBox="0 0 14 4" aria-hidden="true">
                <line
                  x1="0"
                  y1="2"
                  x2="14"
                  y2="2"
                  stroke={theme.colour(line.colour)}
                  stroke-width={line.isThin ? 1 : 3}
                  stroke-dasharray={line.isDashed === true ? '3 2' : undefined}
                />
              </svg>
              {line.label} <b>{text}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot" ref={holder} role="img" aria-label={describe(spec, rows)}>
        {isEmpty && <p class="empty">{emptyText}</p>}
      </div>
    </figure>
  );
}

function describe(spec: ChartSpec, rows: ReturnType<typeof readOut>): string {
  const values = rows.map(({ line, text }) => `${line.label} ${text}`).join(', ');
  return `${spec.title} over epochs. ${values}`;
}
