/** How a part of a picture is drawn; the style sheet has a class for each. */
export type Mark = 'main' | 'faint' | 'guess' | 'bar' | 'gap';

/** A line of the legend of a picture. */
export function LegendItem(props: {
  readonly mark: Mark;
  readonly text: string;
  readonly value?: string;
}) {
  const { mark, text, value } = props;
  const isArea = mark === 'bar' || mark === 'gap';
  return (
    <li>
      <svg class={`swatch ${isArea ? 'area' : ''}`} viewBox="0 0 14 8" aria-hidden="true">
        {isArea ? (
          <rect class={mark} x="0.5" y="0.5" width="13" height="7" />
        ) : (
          <path class={`curve ${mark}`} d="M0 4H14" />
        )}
      </svg>
      {text} {value !== undefined && <b>{value}</b>}
    </li>
  );
}
