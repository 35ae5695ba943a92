import { metricComponent } from '#common/catalogue/metrics';

/** A figure in as few digits as say something: "0.0521", "12.3", "1.2e-7". */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e6 ? value.toExponential(2) : plainDigits(value, size);
  return text.replace('-', '−');
}

function plainDigits(value: number, size: number): string {
  if (size >= 1000) return value.toFixed(0);
  // An area of 0.9996 is not one of 1.
  return value.toPrecision(size < 1 && size >= 0.9995 ? 4 : 3);
}

/** A value at an axis, without digits that are zero: "0.5". */
export function axisLabel(value: number): string {
  return formatNumber(value)
    .replace(/(\.\d*?)0+(?=e|$)/, '$1')
    .replace(/\.(?=e|$)/, '');
}

/** A part at an axis: "50 %". */
export function axisPercent(value: number): string {
  return `${axisLabel(Number((value * 100).toFixed(6)))} %`;
}

/** A part as percent: "97.8 %". */
export function formatPercent(value: number): string {
  return Number.isFinite(value) ? `${(value * 100).toFixed(1)} %` : formatNumber(value);
}

/** A count with a thin space between thousands: "12 810". */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** A time span: "0:07", "12:30", "1:02:03". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** A metric by its name: what is a part of something as percent, everything else as a number. */
export function formatMetric(name: string, value: number): string {
  return isPart(name) ? formatPercent(value) : formatNumber(value);
}

/** An interval, with a unit that both ends share written once: "95.2 – 99.0 %". */
export function formatRange(format: (value: number) => string, low: number, high: number): string {
  const unit = ' %';
  const [from, to] = [format(low), format(high)];
  const isShared = from.endsWith(unit) && to.endsWith(unit);
  return `${isShared ? from.slice(0, -unit.length) : from} – ${to}`;
}

export function isPart(name: string): boolean {
  return metricComponent(name)?.shownAs === 'part';
}

/** The name of a figure as a heading: "Area under the ROC curve"; a term of the loss is called as it is. */
export function figureTitle(name: string): string {
  const isTerm = name.includes('.');
  return metricComponent(name)?.title ?? (isTerm ? name : capitalized(name));
}

/** `sigmaPx` as people write it, without the unit that is shown elsewhere: "sigma". */
export function parameterTitle(parameter: string, unit: string): string {
  const suffix = unit.charAt(0).toUpperCase() + unit.slice(1);
  return unit !== '' && parameter.endsWith(suffix) ? parameter.slice(0, -suffix.length) : parameter;
}

/** A name of the file as a title: "validation" → "Validation". */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
