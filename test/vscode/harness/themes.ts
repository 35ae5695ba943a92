// VS Code's themes that every page must look good in, and the class each gives to the body of a page.
export const VSCODE_THEMES = [
  { name: 'dark', theme: 'Default Dark Modern', bodyClass: 'vscode-dark' },
  { name: 'light', theme: 'Default Light Modern', bodyClass: 'vscode-light' },
  {
    name: 'high-contrast',
    theme: 'Default High Contrast',
    bodyClass: 'vscode-high-contrast',
  },
] as const;
