import { family, type FamilyName } from '#common/catalogue/index';
import type { Component } from '#common/catalogue/component';
import type { Diagnosis } from '#common/experiment/diagnose';
import { membersOf, nodeAt } from '#common/experiment/readNode';
import {
  choiceDocs,
  componentDocs,
  componentOf,
  defaultOf,
  keyDocs,
  ruleOf,
} from '#common/experiment/schemaDocs';
import {
  choicesOf,
  isRequired,
  kindOf,
  propertiesOf,
  type SchemaNode,
} from '#common/experiment/schemaNode';
import {
  CompletionItemKind,
  InsertTextFormat,
  MarkupKind,
  type CompletionItem,
  type CompletionList,
  type Position,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { cursorAt, type Cursor } from './cursor';
import { argumentNode, namesAt, parametersAt } from './graph';
import { rankAt } from './fit';
import { placeOf, withKind } from './place';
import {
  componentMembers,
  experimentSnippet,
  keySnippet,
  moreMembers,
  pairSnippet,
  valueSnippet,
} from './snippets';

/** What is offered, before it is placed in the text. */
interface Proposal {
  readonly label: string;
  readonly kind: CompletionItemKind;
  /** In LSP snippet syntax. */
  readonly snippet: string;
  readonly detail: string;
  readonly docs: string | undefined;
}

/** Proposes what fits at the cursor, and nothing else. */
export function completeAt(
  doc: TextDocument,
  position: Position,
  diagnosis: Diagnosis,
): CompletionList | null {
  const { root, problems } = diagnosis;
  const isRefused =
    root === undefined && problems.some(({ code }) => /^file\/(?!empty)/.test(code));
  if (isRefused) return null;
  const cursor = cursorAt(doc.getText(), doc.offsetAt(position));
  const proposals =
    cursor.at === 'key'
      ? keyProposals(cursor, diagnosis)
      : cursor.at === 'value'
        ? valueProposals(cursor, diagnosis)
        : [];
  const items = proposals.map((proposal, index) => itemOf(doc, cursor, proposal, index));
  return { isIncomplete: false, items };
}

function keyProposals(cursor: Cursor, { root, trace }: Diagnosis): readonly Proposal[] {
  const owner = placeOf(root, cursor.path)?.schema;
  if (owner === undefined) return [];
  const node = nodeAt(root, cursor.path);
  const schema = withKind(owner, node);
  const current = cursor.replace.length > 0 ? cursor.replace.offset : undefined;
  const others = node === undefined ? [] : membersOf(node);
  const present = others.filter(({ keyNode }) => keyNode.offset !== current).map(({ key }) => key);
  if (schema.oneOf !== undefined) {
    // Which keys there are depends on the kind, so the kind comes first.
    if (present.includes('type')) return [];
    return kindsOf(schema, rankAt(cursor.path, trace)).map((component) =>
      componentProposal(component, cursor.colonAfter ? '"type"' : componentMembers(component)),
    );
  }
  const component = componentAt(owner.family, schema);
  const parameters = parametersAt(root, cursor.path).map(
    ([name, value]) => [name, { ...argumentNode, default: value }] as const,
  );
  return [...inOrder(schema), ...parameters]
    .filter(([name]) => name !== '$schema' && !present.includes(name))
    .map(([name, property]): Proposal => {
      const required = isRequired(schema, name);
      const example = exampleOf(component, name);
      return {
        label: name,
        kind: CompletionItemKind.Property,
        snippet: cursor.colonAfter ? `"${name}"` : keySnippet(name, property, example),
        detail: `${ruleOf(property)}, ${defaultOf(property, required)}`,
        docs: keyDocs(name, property, required),
      };
    });
}

function valueProposals(cursor: Cursor, { root, trace }: Diagnosis): readonly Proposal[] {
  const { path } = cursor;
  if (path.length === 0) return [wholeExperiment];
  const ownerPath = path.slice(0, -1);
  const owner = placeOf(root, ownerPath)?.schema;
  if (path.at(-1) === 'type' && owner?.oneOf !== undefined) {
    const node = nodeAt(root, ownerPath);
    const isAlone = node === undefined || membersOf(node).length <= 1;
    return kindsOf(owner, rankAt(ownerPath, trace)).map((component) =>
      componentProposal(component, `"${component.type}"${isAlone ? moreMembers(component) : ''}`),
    );
  }
  const names = namesAt(root, path);
  if (names !== undefined) return names.map(nameProposal);
  const place = placeOf(root, path);
  if (place === undefined) return [];
  const { schema } = place;
  if (schema.oneOf !== undefined) {
    return kindsOf(schema, rankAt(path, trace)).map((component) =>
      componentProposal(component, `{ ${componentMembers(component)} }`),
    );
  }
  return plainProposals(schema);
}

function plainProposals(schema: SchemaNode): readonly Proposal[] {
  const choices = choicesOf(schema);
  if (choices !== undefined) return choices.map((choice) => choiceProposal(schema, choice));
  if (schema.type === 'boolean') return [true, false].map((value) => choiceProposal(schema, value));
  const snippets = [valueSnippet(schema), pairSnippet(schema) ?? []].flat();
  return snippets.map((snippet) => ({
    label: plainText(snippet),
    kind: CompletionItemKind.Value,
    snippet,
    detail: ruleOf(schema),
    docs: schema.description,
  }));
}

function choiceProposal(schema: SchemaNode, choice: unknown): Proposal {
  return {
    label: String(choice),
    kind: CompletionItemKind.EnumMember,
    snippet: JSON.stringify(choice),
    detail: choice === schema.default ? 'default' : '',
    docs: choiceDocs(schema, choice) ?? schema.description,
  };
}

function nameProposal(name: string): Proposal {
  return {
    label: name,
    kind: CompletionItemKind.Reference,
    snippet: JSON.stringify(name),
    detail: '',
    docs: undefined,
  };
}

function componentProposal(component: Component, snippet: string): Proposal {
  return {
    label: component.type,
    kind: CompletionItemKind.Struct,
    snippet,
    detail: component.title,
    docs: componentDocs(component),
  };
}

const wholeExperiment: Proposal = {
  label: 'experiment',
  kind: CompletionItemKind.Struct,
  snippet: experimentSnippet,
  detail: 'A small network on the digits',
  docs: 'A whole experiment to begin with: data, network, loss, optimizer and training.',
};

/** The components that may stand in a place, best first. */
function kindsOf(
  schema: SchemaNode,
  rank: (kind: string) => number | undefined,
): readonly Component[] {
  const name = schema.family;
  if (name === undefined) return [];
  return (schema.oneOf ?? [])
    .flatMap((branch) => componentOf(name, kindOf(branch) ?? '') ?? [])
    .map((component) => ({ component, rank: rank(component.type) }))
    .filter((ranked) => ranked.rank !== undefined)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ component }) => component);
}

/** Required keys first, then as the catalogue has them. */
function inOrder(schema: SchemaNode): readonly (readonly [string, SchemaNode])[] {
  const properties = propertiesOf(schema);
  return [
    ...properties.filter(([name]) => isRequired(schema, name)),
    ...properties.filter(([name]) => !isRequired(schema, name)),
  ];
}

function componentAt(name: FamilyName | undefined, schema: SchemaNode): Component | undefined {
  return name === undefined ? undefined : family(name).components[kindOf(schema) ?? ''];
}

function exampleOf(component: Component | undefined, key: string): unknown {
  const example = component?.examples.find((candidate) => Object.hasOwn(candidate, key));
  return (example as Readonly<Record<string, unknown>> | undefined)?.[key];
}

function itemOf(
  doc: TextDocument,
  cursor: Cursor,
  proposal: Proposal,
  index: number,
): CompletionItem {
  const { offset, length } = cursor.replace;
  const isQuoted = doc.getText().startsWith('"', offset) && length > 0;
  const range = { start: doc.positionAt(offset), end: doc.positionAt(offset + length) };
  const { commaBefore } = cursor;
  // Two edits must not touch: a comma right before the cursor is part of what is written there.
  const isAdjacent = commaBefore === offset;
  const comma = commaBefore === undefined || isAdjacent ? undefined : doc.positionAt(commaBefore);
  const newText = `${isAdjacent ? ', ' : ''}${proposal.snippet}${cursor.commaAfter ? ',' : ''}`;
  return {
    label: proposal.label,
    kind: proposal.kind,
    detail: proposal.detail,
    sortText: String(index).padStart(3, '0'),
    // Editors compare what they replace, quotes included, with this.
    filterText: isQuoted ? `"${proposal.label}"` : proposal.label,
    insertTextFormat: InsertTextFormat.Snippet,
    textEdit: { range, newText },
    ...(proposal.docs === undefined
      ? {}
      : { documentation: { kind: MarkupKind.Markdown, value: proposal.docs } }),
    ...(comma === undefined
      ? {}
      : { additionalTextEdits: [{ range: { start: comma, end: comma }, newText: ',' }] }),
  };
}

/** A snippet as it looks before anything is filled in. */
function plainText(snippet: string): string {
  return snippet
    .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1')
    .replace(/\$\{\d+:((?:\\.|[^}\\])*)\}/g, '$1')
    .replace(/\$\d+/g, '');
}
