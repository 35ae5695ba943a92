/** Colours and font of the present theme, resolved for a canvas. */
export interface ChartTheme {
  readonly foreground: string;
  readonly faint: string;
  readonly grid: string;
  readonly font: string;
  readonly isHighContrast: boolean;
  colour(name: ChartColour): string;
}

/** VS Code's own palette for charts. */
export type ChartColour = 'blue' | 'yellow' | 'purple' | 'green' | 'orange' | 'red' | 'foreground';

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const read = (...names: readonly string[]) =>
    names.map((name) => style.getPropertyValue(name).trim()).find((value) => value !== '');
  const foreground = read('--vscode-foreground', '--vscode-editor-foreground') ?? style.color;
  const isHighContrast = /high-contrast/.test(document.body.className);
  return {
    foreground,
    faint: isHighContrast ? foreground : (read('--vscode-descriptionForeground') ?? foreground),
    grid: isHighContrast
      ? (read('--vscode-contrastBorder') ?? foreground)
      : (read('--vscode-chart-guide') ?? 'rgba(128, 128, 128, 0.25)'),
    font: `11px ${style.fontFamily || 'sans-serif'}`,
    isHighContrast,
    colour: (name) => read(`--vscode-charts-${name}`, '--vscode-charts-foreground') ?? foreground,
  };
}

/** VS Code sets a new class and new variables when the user changes the theme. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ['class', 'data-vscode-theme-id'],
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  return () => observer.disconnect();
}
