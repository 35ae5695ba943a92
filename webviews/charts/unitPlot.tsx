import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

/** The plotted square and what is around it, in units of the drawing, which are about pixels. */
const side = 240;
const margin = { left: 46, right: 14, top: 8, bottom: 36 };
const width = margin.left + side + margin.right;
const height = margin.top + side + margin.bottom;
const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Where a value from 0 to 1 is drawn. */
export const acrossOf = (value: number): number => margin.left + value * side;
export const upOf = (value: number): number => margin.top + (1 - value) * side;

/** A point that is read out. */
export interface Reading {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** A square picture of two quantities from 0 to 1, which reads out values under mouse and arrow keys. */
export function UnitPlot(props: {
  /** What the picture shows, for those who do not see it. */
  readonly label: string;
  readonly across: string;
  readonly up: string;
  readonly readingAt: (x: number) => Reading | undefined;
  /** Shown while nothing is read out. */
  readonly hint: string;
  readonly children: ComponentChildren;
}) {
  const { label, across, up, readingAt, hint, children } = props;
  const [place, setPlace] = useState<number | undefined>(undefined);
  const reading = place === undefined ? undefined : readingAt(place);
  return (
    <>
      <svg
        class="unit-plot"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={label}
        tabIndex={0}
        onPointerMove={(event) => setPlace(placeOf(event))}
        onPointerLeave={() => setPlace(undefined)}
        onBlur={() => setPlace(undefined)}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -0.01, ArrowRight: 0.01 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          setPlace(Math.min(1, Math.max(0, Math.round(((place ?? 0) + step) * 100) / 100)));
        }}
      >
        <Axes across={across} up={up} />
        {children}
        {reading !== undefined && (
          <circle class="reading" cx={acrossOf(reading.x)} cy={upOf(reading.y)} r="4" />
        )}
      </svg>
      <p class="read-out" aria-live="polite">
        {reading?.text ?? hint}
      </p>
    </>
  );
}

function placeOf(event: PointerEvent): number {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  const inDrawing = ((event.clientX - box.left) / box.width) * width;
  return Math.min(1, Math.max(0, (inDrawing - margin.left) / side));
}

function Axes({ across, up }: { readonly across: string; readonly up: string }) {
  const [bottom, end] = [upOf(0), acrossOf(1)];
  const middle = upOf(0.5);
  return (
    <g aria-hidden="true">
      {ticks.map((value) => (
        <g key={value}>
          <path class="grid" d={`M${acrossOf(value)} ${margin.top}V${bottom}`} />
          <path class="grid" d={`M${margin.left} ${upOf(value)}H${end}`} />
          <text x={acrossOf(value)} y={bottom + 15} text-anchor="middle">
            {value}
          </text>
          <text x={margin.left - 6} y={upOf(value) + 4} text-anchor="end">
            {value}
          </text>
        </g>
      ))}
      <text class="axis" x={acrossOf(0.5)} y={height - 4} text-anchor="middle">
        {across}
      </text>
      <text class="axis" text-anchor="middle" transform={`translate(12 ${middle}) rotate(-90)`}>
        {up}
      </text>
    </g>
  );
}
