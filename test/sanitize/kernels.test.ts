// The engine's unit tests, once more on kernels that are watched.
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { ROOT } from '../../scripts/processes';
import { testFiles } from '../rings';

const load = createRequire(__filename);
for (const file of testFiles('test/unit/engine')) load(path.join(ROOT, file));
