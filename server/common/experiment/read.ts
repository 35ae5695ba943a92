import type { Node } from 'jsonc-parser';
import type { Experiment } from './experiment';
import type { JsonPath } from './path';
import type { Problem } from './problem';
import { readTree } from './readTree';
import { headOf, membersOf, nodeAt } from './readNode';
import type { ReadContext } from './readProblems';
import { readValue } from './readValue';
import { rootSchema } from './schemaNode';

/** A stretch of the text, in UTF-16 units. */
export interface TextRange {
  readonly offset: number;
  readonly length: number;
}

/** What a text says, as far as it can be read. */
export interface Reading {
  /** With every default filled in; only when there is no problem. */
  readonly experiment?: Experiment;
  /** What could be read, defaults filled in; lists end before their first element that is wrong. */
  readonly draft?: Partial<Experiment>;
  /** The plain value in the file, unchecked. */
  readonly value?: unknown;
  readonly problems: readonly Problem[];
  /** The syntax tree, for outlines and hints. */
  readonly root?: Node;
  /**
   * What to mark for a path: a value itself, the `type` of a component, the key of a section; the
   * nearest of these that is in the text when the path is not.
   */
  rangeOf(path: JsonPath): TextRange;
}

/** Reads an experiment file: JSON with comments and trailing commas. Never throws. */
export function readExperiment(text: string): Reading {
  const { root, problems: syntax } = readTree(text);
  const rangeOf = (path: JsonPath) => rangeAt(root, path);
  if (root === undefined) return { problems: syntax, rangeOf };
  const ctx: ReadContext = { text, problems: [], gaps: 0 };
  const draft = readValue(ctx, root, rootSchema, []) as Partial<Experiment> | undefined;
  const problems = [...syntax, ...beforeSyntaxErrors(ctx.problems, syntax)];
  problems.sort((a, b) => a.offset - b.offset);
  const experiment = problems.length === 0 ? { experiment: withoutSchemaKey(draft) } : {};
  return {
    ...experiment,
    ...(draft === undefined ? {} : { draft }),
    value: plainValue(root),
    problems,
    root,
    rangeOf,
  };
}

/** After a syntax error the tree is a guess: what follows it, and what seems missing, is not reported. */
function beforeSyntaxErrors(
  problems: readonly Problem[],
  syntax: readonly Problem[],
): readonly Problem[] {
  const first = Math.min(...syntax.map(({ offset }) => offset));
  return problems.filter(
    ({ code, offset, length }) =>
      syntax.length === 0 || (code !== 'schema/missing-key' && offset + length <= first),
  );
}

function rangeAt(root: Node | undefined, path: JsonPath): TextRange {
  for (let length = path.length; root !== undefined && length >= 0; length--) {
    const node = nodeAt(root, path.slice(0, length));
    if (node === undefined) continue;
    const { offset, length: size } = isMarkedWhole(node) ? node : headOf(node);
    return { offset, length: size };
  }
  return { offset: 0, length: 0 };
}

/** A value or a short list such as `[1, 1]`; a long list or an object is marked by what stands for it. */
function isMarkedWhole(node: Node): boolean {
  if (node.type !== 'array') return node.type !== 'object';
  return (node.children ?? []).every(({ type }) => type === 'number');
}

/** jsonc-parser's own `getNodeValue` lets `__proto__` set the prototype of its result. */
function plainValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue);
  if (node.type !== 'object') return node.value as unknown;
  return Object.fromEntries(
    membersOf(node).flatMap(({ key, valueNode }) =>
      valueNode === undefined ? [] : [[key, plainValue(valueNode)]],
    ),
  );
}

/** `$schema` is for editors and no part of the experiment. */
function withoutSchemaKey(draft: object | undefined): Experiment {
  return Object.fromEntries(
    Object.entries(draft ?? {}).filter(([key]) => key !== '$schema'),
  ) as unknown as Experiment;
}
