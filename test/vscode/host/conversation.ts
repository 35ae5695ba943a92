// Takes the place of VS Code's messages, lists and boxes: notes what the extension says and asks, and
// answers as a user would. The suites run with the extension's own `vscode`, so it sees these.
import * as vscode from 'vscode';

export interface Said {
  readonly how: 'information' | 'warning' | 'error' | 'list' | 'box';
  readonly text: string;
  /** The entries of a list. */
  readonly entries?: readonly string[];
}

export interface Conversation<T> {
  readonly result: T;
  /** In order. */
  readonly said: readonly Said[];
}

type Shown = (...args: readonly unknown[]) => Promise<unknown>;

const messages = {
  showInformationMessage: 'information',
  showWarningMessage: 'warning',
  showErrorMessage: 'error',
} as const;

/**
 * Does something and gives what was said meanwhile. The answers are given in order: the name of a
 * message's button, a part of the label of a list's entry, or the text for a box; what is asked
 * beyond them is dismissed.
 */
export async function converse<T>(
  work: () => PromiseLike<T>,
  answers: readonly string[] = [],
): Promise<Conversation<T>> {
  const said: Said[] = [];
  const left = [...answers];
  const restore = replaceWindow({
    ...Object.fromEntries(
      Object.entries(messages).map(([name, how]): [string, Shown] => [
        name,
        (text, ...buttons) => {
          said.push({ how, text: String(text) });
          const isQuestion = buttons.some((button) => typeof button === 'string');
          return Promise.resolve(isQuestion ? left.shift() : undefined);
        },
      ]),
    ),
    showQuickPick: async (items, options) => {
      const list = (await items) as readonly vscode.QuickPickItem[];
      const { title = '' } = (options ?? {}) as vscode.QuickPickOptions;
      said.push({ how: 'list', text: title, entries: list.map(({ label }) => label) });
      const answer = left.shift();
      return list.find(({ label }) => answer !== undefined && label.includes(answer));
    },
    showInputBox: (options) => {
      const { title = '' } = (options ?? {}) as vscode.InputBoxOptions;
      said.push({ how: 'box', text: title });
      return Promise.resolve(left.shift());
    },
  });
  try {
    return { result: await work(), said };
  } finally {
    restore();
  }
}

function replaceWindow(fakes: Readonly<Record<string, Shown>>): () => void {
  const target = vscode.window as unknown as Record<string, unknown>;
  const originals = Object.keys(fakes).map((name) => [name, target[name]] as const);
  Object.assign(target, fakes);
  return () => Object.assign(target, Object.fromEntries(originals));
}
