import type { Diagnosis } from '#common/experiment/diagnose';
import { CodeActionKind, type CodeAction, type Range } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { diagnosticOf, rangeOfProblem } from './diagnostics';

/** Quick fixes: what a problem suggests, in place of the text it marks. */
export function codeActions(doc: TextDocument, range: Range, diagnosis: Diagnosis): CodeAction[] {
  const from = doc.offsetAt(range.start);
  const to = doc.offsetAt(range.end);
  return diagnosis.problems.flatMap((problem) => {
    const { suggestion, offset, length } = problem;
    if (suggestion === undefined || offset > to || offset + length < from) return [];
    const edit = { range: rangeOfProblem(doc, problem), newText: suggestion };
    return {
      title: `Replace by ${suggestion}`,
      kind: CodeActionKind.QuickFix,
      isPreferred: true,
      diagnostics: [diagnosticOf(doc, problem)],
      edit: { changes: { [doc.uri]: [edit] } },
    };
  });
}
