import { diagnoseExperiment, type Diagnosis } from '#common/experiment/diagnose';
import type { TextDocument } from 'vscode-languageserver-textdocument';

/** The diagnosis of each open document, made once for each version. */
export class Diagnoses {
  private readonly latest = new Map<
    string,
    { readonly version: number; readonly diagnosis: Diagnosis }
  >();

  of(doc: TextDocument): Diagnosis {
    const known = this.latest.get(doc.uri);
    if (known?.version === doc.version) return known.diagnosis;
    const diagnosis = diagnoseExperiment(doc.getText());
    this.latest.set(doc.uri, { version: doc.version, diagnosis });
    return diagnosis;
  }

  forget(uri: string): void {
    this.latest.delete(uri);
  }
}
