import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
} from '@vscode/webview-ui-toolkit';
import type { ComponentChildren } from 'preact';

/**
 * The one module that knows the toolkit, which is no longer maintained: only what the pages use is taken
 * from it, so that it can be replaced here.
 */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox());
}

interface ControlAttributes {
  readonly key?: string;
  readonly id?: string;
  readonly class?: string;
  readonly title?: string;
  readonly disabled?: boolean;
  readonly children?: ComponentChildren;
}

/** The elements that `registerControls` defines. */
export interface Controls {
  'vscode-button': ControlAttributes & {
    readonly appearance?: 'primary' | 'secondary';
    readonly onClick?: () => void;
  };
  'vscode-checkbox': ControlAttributes & {
    readonly checked?: boolean;
    readonly onChange?: (event: Event) => void;
  };
}

declare module 'preact' {
  // Preact's types are a namespace, and interfaces grow by being declared again.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace JSX {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface IntrinsicElements extends Controls {}
  }
}
