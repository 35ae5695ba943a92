import { format } from 'jsonc-parser';
import type { FormattingOptions, TextEdit } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';

/** Indents the whole document; comments stay where they are. */
export function formatDocument(doc: TextDocument, options: FormattingOptions): TextEdit[] {
  const { tabSize, insertSpaces, insertFinalNewline } = options;
  const edits = format(doc.getText(), undefined, {
    tabSize,
    insertSpaces,
    insertFinalNewline: insertFinalNewline ?? true,
    keepLines: true,
    eol: '\n',
  });
  return edits.map(({ offset, length, content }) => ({
    range: { start: doc.positionAt(offset), end: doc.positionAt(offset + length) },
    newText: content,
  }));
}
