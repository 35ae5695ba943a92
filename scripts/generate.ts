// Writes every file that is derived from the catalogue: the JSON Schema and the reference pages.
//   npm run generate
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { generatedFiles } from '#common/generated/pages';
import { ROOT } from './processes';

for (const [file, text] of generatedFiles()) {
  const target = path.join(ROOT, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  console.log(file);
}
