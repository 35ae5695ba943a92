import { catalogue, family, type FamilyName } from '../catalogue/index';
import { stages, type Component, type PhysicalComponent } from '../catalogue/component';
import {
  defaultOf,
  parametersOf,
  referenceText,
  ruleOf,
  schemaOf,
  withUnit,
} from '../experiment/schemaDocs';
import { editorSchema } from '../experiment/schema';
import { isRequired, propertiesOf, propertyOf, rootSchema, type SchemaNode } from '../experiment/schemaNode';

const notice = '<!-- Generated from server/common/catalogue by "npm run generate"; do not edit. -->';

/** Every generated file: its path from the repository's top and its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const schema = JSON.stringify(editorSchema(), null, 1);
  files.set('server/common/generated/experiment.schema.json', `${schema}\n`);
  files.set('docs/reference/README.md', indexPage());
  for (const name of Object.keys(catalogue) as FamilyName[]) {
    files.set(`docs/reference/${name}.md`, familyPage(name));
  }
  files.set('docs/reference/training.md', trainingPage());
  return files;
}

function indexPage(): string {
  const rows = propertiesOf(rootSchema)
    .filter(([name]) => name !== '$schema')
    .map(([name, schema]) => {
      const pages = pagesOf(name).map((page) => `[${page}](${page}.md)`);
      const required = isRequired(rootSchema, name);
      return row([`\`${name}\``, withUnit(schema), stateOf(schema, required), pages.join(', ')]);
    });
  return page([
    '# The experiment file',
    'One `*.experiment.json` file describes an experiment: JSON with comments and trailing commas. Order is physical: object → augmentation → physics → normalization → network → logits → loss.',
    table(['key', 'what it is', '', 'reference'], rows),
  ]);
}

/** The pages on what stands in a section. */
function pagesOf(section: string): readonly string[] {
  const families = Object.keys(catalogue).filter(
    (name) => family(name as FamilyName).section === section,
  );
  return section === 'training' ? ['training'] : families;
}

function stateOf(schema: SchemaNode, required: boolean): string {
  if (required) return 'required';
  return typeof schema.default === 'object' ? 'optional' : defaultOf(schema, false);
}

function familyPage(name: FamilyName): string {
  const { title, section, components } = family(name);
  const all = Object.values(components);
  const contents = all.map(
    (component) => `- [\`${component.type}\`](#${anchor(component.title)}): ${component.summary}`,
  );
  const parts = {
    data: [splitPart()],
    layers: [graphPart, learningPart],
    losses: [sampleWeightsPart],
  };
  const extra = parts[name as keyof typeof parts] ?? [];
  return page([
    `# ${title}`,
    `Section \`${section}\` of the [experiment file](README.md).`,
    contents.join('\n'),
    ...extra,
    ...all.map(componentPart),
  ]);
}

const graphPart = `## Layers as a graph

A layer reads the layer before it, or those named in its \`inputs\`; \`input\` is the normalized image. The last layer is the output of the network. Layers without a \`name\` are named by their type with a number: \`conv2d\`, \`conv2d_1\`.

A model may declare blocks: lists of layers with parameters, each with its default. In a block, \`"$filters"\` stands for the value of the parameter \`filters\`, \`input\` for what the block reads (\`input_1\` for its second input), and the last layer is its output. A layer of type \`block\` uses it, \`repeat\` times one after the other; its layers are then named \`residual.conv2d\`, or \`residual.1.conv2d\` if repeated. Blocks may use blocks, but not themselves.

\`\`\`json
{
  "blocks": {
    "residual": {
      "parameters": { "filters": 64 },
      "layers": [
        { "type": "conv2d", "filters": "$filters", "padding": "same", "activation": "relu" },
        { "type": "conv2d", "filters": "$filters", "padding": "same", "name": "last" },
        { "type": "add", "inputs": ["last", "input"] }
      ]
    }
  },
  "layers": [
    { "type": "conv2d", "filters": 32, "padding": "same" },
    { "type": "block", "block": "residual", "filters": 32, "repeat": 3 },
    { "type": "globalAveragePooling2d" },
    { "type": "dense", "units": 10 }
  ]
}
\`\`\``;

const learningPart = `## How layers learn

A layer with weights may say how they learn. \`"trainable": false\` freezes it: its weights get no gradient and so no update, no weight decay and no constraint, and the penalty of the regularization leaves them out (all as in Keras 3, and for a parameter of PyTorch that requires no gradient). A frozen batch normalization uses its running averages in training, too.

\`learningRateMultiplier\` multiplies the learning rate, whatever the schedule makes of it, and with it the decoupled weight decay: what a parameter group with a rate of its own does in PyTorch. \`kernelConstraint\` and \`biasConstraint\` name a [constraint](constraints.md) that every update ends with. Where the optimizer keeps running averages of the weights (\`emaMomentum\`), they are of constrained weights (Keras averages what the update gives before).

In a block, the keys may take their values from its parameters: \`"trainable": "$trainable"\`. An experiment in which nothing learns, neither a layer nor the instrument, is refused.`;

const sampleWeightsPart = `## Weights of samples

A table of images may have a column \`weight\` ([image folder](data.md#image-folder)). The loss of each sample is multiplied by its weight w, and the loss of a batch is Σ w ℓ / N over its N samples: what \`sample_weight\` and the reduction \`sum_over_batch_size\` do in Keras 3, and \`(w * loss).mean()\` with \`reduction="none"\` in PyTorch. It is not divided by Σ w: a weight of 0 takes a sample out of the gradient but leaves it in N, and weights of 2 for all samples double the loss.

This holds in all splits, for every term of a mixture and for the score of the baseline. With class weights c the loss is Σ c w ℓ / Σ c for \`weightedMean\` and Σ c w ℓ / N for \`sampleMean\`. Mixup and CutMix mix the weights of two samples as they mix numbers. Metrics, the division into splits and the answer of the baseline count all samples alike; a split in which every weight is 0 is an error.`;

function componentPart(component: Component): string {
  const { stage } = component as Partial<PhysicalComponent>;
  const parameters = parametersOf(component);
  return [
    `## ${component.title}`,
    `\`"type": "${component.type}"\`${stage === undefined ? '' : ` · stage ${stages.indexOf(stage) + 1} of ${stages.length}, ${stage}`}`,
    component.summary,
    ...(component.formula === undefined ? [] : [`\`\`\`text\n${component.formula}\n\`\`\``]),
    ...(parameters.length === 0 ? [] : [parameterTable(schemaOf(component), parameters)]),
    ...component.examples.map((example) => `\`\`\`json\n${inline(example)}\n\`\`\``),
    ...(component.references.length === 0
      ? []
      : [`Source: ${component.references.map(referenceText).join('; ')}.`]),
  ].join('\n\n');
}

function parameterTable(
  owner: SchemaNode,
  parameters: readonly (readonly [string, SchemaNode])[],
): string {
  const rows = parameters.map(([name, schema]) =>
    row([
      `\`${name}\``,
      withUnit(schema) + choiceText(schema),
      rule(schema),
      defaultOf(schema, isRequired(owner, name)),
    ]),
  );
  return table(['parameter', 'meaning', 'value', 'default'], rows);
}

/** A family's names have their own page; other names are explained where they stand. */
function choiceText(schema: SchemaNode): string {
  const named = (schema.anyOf ?? []).filter((option) => option.const !== undefined);
  if (schema.family !== undefined || named.length === 0) return '';
  const lines = named.map(
    (option) => `<br>\`${String(option.const)}\`: ${option.description ?? ''}`,
  );
  return lines.join('');
}

function rule(schema: SchemaNode): string {
  const text = ruleOf(schema).replace('one of the names below', 'one of these names');
  return schema.family === undefined ? text : `${text} ([list](${schema.family}.md))`;
}

function splitPart(): string {
  const split = propertyOf(propertyOf(rootSchema, 'data') ?? {}, 'split') ?? {};
  return ['## The split', `\`data.split\`: ${split.description ?? ''}`, objectTable(split)].join(
    '\n\n',
  );
}

function trainingPage(): string {
  const training = propertyOf(rootSchema, 'training') ?? {};
  const stopping = propertyOf(training, 'earlyStopping') ?? {};
  return page([
    '# Training',
    `Section \`training\` of the [experiment file](README.md). ${training.description ?? ''}`,
    objectTable(training),
    '## Early stopping',
    `\`training.earlyStopping\`: ${stopping.description ?? ''}`,
    objectTable(stopping),
  ]);
}

function objectTable(schema: SchemaNode): string {
  return parameterTable(schema, propertiesOf(schema));
}

function page(parts: readonly string[]): string {
  return `${[notice, ...parts].join('\n\n')}\n`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
  return [row(heads), row(heads.map(() => '---')), ...rows].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** GitHub's anchor of a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replace(/\s/g, '-');
}

/** JSON on one line with the spaces that people write. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `"${key}": ${inline(item)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
