import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { activations } from '#common/catalogue/activations';
import { digitsExperiment } from '../workspace';
import { workspaceFolder } from './followRun';

const good = JSON.stringify(digitsExperiment(3), null, 2);
let count = 0;

/** Opens a text as a new experiment file; `|` marks the cursor. */
async function open(marked: string) {
  const offset = Math.max(0, marked.indexOf('|'));
  count += 1;
  const file = path.join(workspaceFolder(), `language-${count}.experiment.json`);
  writeFileSync(file, marked.replace('|', ''));
  const doc = await vscode.workspace.openTextDocument(file);
  return { doc, position: doc.positionAt(offset) };
}

/** What the editor marks in a file, as soon as there is something. */
function diagnostics(uri: vscode.Uri): Promise<readonly vscode.Diagnostic[]> {
  return untilDiagnostics(uri, (found) => found.length > 0);
}

function untilDiagnostics(
  uri: vscode.Uri,
  accept: (found: readonly vscode.Diagnostic[]) => boolean,
): Promise<readonly vscode.Diagnostic[]> {
  return new Promise((resolve) => {
    const listening = vscode.languages.onDidChangeDiagnostics(look);
    function look(): void {
      const found = vscode.languages.getDiagnostics(uri);
      if (!accept(found)) return;
      listening.dispose();
      resolve(found);
    }
    look();
  });
}

/** The good experiment with one piece replaced. */
function change(piece: string, by: string): string {
  assert.equal(good.split(piece).length, 2, `"${piece}" is not there once`);
  return good.replace(piece, () => by);
}

describe('an experiment in the editor', () => {
  // An answer of the server: from here on it serves every request.
  before(async () => {
    await diagnostics((await open('{ "version": 1, }')).doc.uri);
  });

  const marks: readonly (readonly [piece: string, by: string, marked: string, code: string])[] = [
    ['"filters": 8', '"filters": -3', '-3', 'schema/range'],
    ['"maxPooling2d"', '"maxPoling2d"', '"maxPoling2d"', 'schema/unknown-type'],
    ['"units": 10', '"units": 11', '11', 'loss/output-classes'],
    ['"kernelSize": 3', '"kernelSize": 9', '9', 'shape/misfit'],
  ];
  for (const [piece, by, marked, code] of marks) {
    it(`marks ${marked} in ${by}`, async () => {
      const { doc } = await open(change(piece, by));
      const [found, ...others] = await diagnostics(doc.uri);
      assert.deepEqual(others, []);
      assert.ok(found);
      assert.equal(doc.getText(found.range), marked);
      assert.equal(doc.offsetAt(found.range.start), doc.getText().indexOf(by) + by.indexOf(marked));
      assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
      assert.deepEqual([found.source, found.code], ['lightbench', code]);
    });
  }

  it('marks what only the data can tell, until it is put right and saved', async () => {
    const source = JSON.stringify({ type: 'imageFolder', path: 'nowhere', size: [8, 8] });
    const { doc } = await open(change('{\n      "type": "digits"\n    }', source));
    const [found, ...others] = await diagnostics(doc.uri);
    assert.deepEqual(others, []);
    assert.ok(found);
    assert.equal(doc.getText(found.range), '"nowhere"');
    assert.deepEqual([found.source, found.code], ['lightbench', 'data/folder-missing']);
    const edit = new vscode.WorkspaceEdit();
    const at = doc.getText().indexOf(source);
    const range = new vscode.Range(doc.positionAt(at), doc.positionAt(at + source.length));
    edit.replace(doc.uri, range, '{ "type": "digits" }');
    await vscode.workspace.applyEdit(edit);
    assert.ok(await doc.save());
    await untilDiagnostics(doc.uri, (left) => left.length === 0);
  });

  it('is repaired by the quick fix, and then has no mark', async () => {
    const { doc } = await open(change('"maxPooling2d"', '"maxPoling2d"'));
    const [found] = await diagnostics(doc.uri);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      doc.uri,
      found?.range,
    );
    const fix = actions.find(({ title }) => title === 'Replace by "maxPooling2d"');
    assert.ok(fix?.edit, actions.map(({ title }) => title).join('; '));
    const cleared = untilDiagnostics(doc.uri, ({ length }) => length === 0);
    await vscode.workspace.applyEdit(fix.edit);
    await cleared;
    assert.equal(doc.getText(), good);
    await doc.save();
  });

  it('is completed with what fits there, with docs', async () => {
    const { doc, position } = await open(change('"relu"', '"|"'));
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      doc.uri,
      position,
    );
    const labels = items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.deepEqual(labels, Object.keys(activations));
    const { documentation } = items[1] ?? {};
    assert.ok(documentation instanceof vscode.MarkdownString);
    assert.match(documentation.value, /max\(x, 0\)/);
  });

  it('is explained under the mouse, with the shape here', async () => {
    const { doc, position } = await open(change('"conv2d"', '"con|v2d"'));
    const [hover, ...others] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      doc.uri,
      position,
    );
    assert.deepEqual(others, []);
    assert.equal(doc.getText(hover?.range), '"conv2d"');
    const text = hover?.contents
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
    assert.match(text ?? '', /2-D convolution/);
    assert.match(text ?? '', /8 × 8 × 1 → 6 × 6 × 8 · 80 parameters/);
  });

  it('shows the output shape and the parameters behind each layer', async () => {
    const { doc } = await open(good);
    const whole = new vscode.Range(0, 0, doc.lineCount, 0);
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      doc.uri,
      whole,
    );
    assert.deepEqual(
      hints.map(({ label }) => label),
      ['→ 8 × 8 × 1', '→ 6 × 6 × 8 · 80', '→ 3 × 3 × 8', '→ 72', '→ 10 · 730'],
    );
    for (const { position } of hints) {
      assert.match(doc.getText().slice(0, doc.offsetAt(position)), /\},?$/);
    }
  });

  it('has its layers in the outline', async () => {
    const { doc } = await open(good);
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      doc.uri,
    );
    const flat = (list: readonly vscode.DocumentSymbol[]): readonly string[] =>
      list.flatMap(({ name, children }) => [name, ...flat(children)]);
    assert.ok(
      flat(symbols).some((name) => name.includes('conv2d')),
      flat(symbols).join(),
    );
  });
});
