import * as vscode from 'vscode';
import type { RunStore } from './runStore';
import { runTooltip, statusBarText } from './runText';

/** Shows the newest live run in the status bar; a click opens it. */
export function showStatusBar(store: RunStore): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    'lightbench.run',
    vscode.StatusBarAlignment.Left,
    10,
  );
  item.name = 'Lightbench Run';
  // Without arguments: VS Code forgets those of the last text while the item is being clicked.
  item.command = 'lightbench.openLiveRun';
  const update = () => {
    const [first, ...others] = store.live();
    if (first === undefined) return item.hide();
    item.text = statusBarText(first.record, others.length);
    item.tooltip = new vscode.MarkdownString(runTooltip(first));
    item.show();
  };
  update();
  return vscode.Disposable.from(item, store.onDidChange(update));
}
