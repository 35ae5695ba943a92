// Makes the images of samples/images/mixtures: beads, rings and fibres in one picture, with masks and labels.
//   npx tsx test/unit/samples/mixtures.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { encode } from 'fast-png';
import { draws, streamKey, type Draws } from '#common/rng';
import { expose, scenes, side, sumOf, to, type Micrograph, type Scene } from './micrographs';

const imageCount = 120;
export const mixtureFolder = path.join(__dirname, '../../../samples/images/mixtures');

/** What there is to see, each with its grey value in a mask; later ones lie above. */
const kinds = { fibres: 255, rings: 170, beads: 85 } as const;
/** Less light than this is background. */
const darkest = 0.2;

type Kind = keyof typeof kinds;

/** Images, their masks, and the table that names both. */
export function makeMixtures(): readonly Micrograph[] {
  const lines = ['file,label,target'];
  const files = Array.from({ length: imageCount }, (_, index) => {
    const random = draws(streamKey(2027, 'synthetic', 0, index));
    const seen = seenKinds(random).map((kind) => ({ kind, scene: scenes[kind]!(random) }));
    const light = expose(sumOf(seen.map(({ scene }) => scene)), random);
    const number = String(index + 1).padStart(3, '0');
    const [image, mask] = [`mixture-${number}.png`, `mask-${number}.png`];
    lines.push(`${image},${seen.map(({ kind }) => kind).join('; ')},${mask}`);
    return [
      { name: image, bytes: png(Uint8Array.from(light, to(255))) },
      { name: mask, bytes: png(maskOf(seen)) },
    ];
  });
  const table = Uint8Array.from(Buffer.from(`${lines.join('\n')}\n`));
  return [...files.flat(), { name: 'mixtures.csv', bytes: table }];
}

/** Each kind in every second image, so that some have all and some have none. */
function seenKinds(random: Draws): readonly Kind[] {
  return (Object.keys(kinds) as Kind[]).filter(() => random.below(2) === 1);
}

function maskOf(seen: readonly { readonly kind: Kind; readonly scene: Scene }[]): Uint8Array {
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const above = seen.findLast(({ scene }) => scene(x, y) > darkest);
    return above === undefined ? 0 : kinds[above.kind];
  });
}

function png(data: Uint8Array): Uint8Array {
  return encode({ width: side, height: side, channels: 1, depth: 8, data });
}

if (require.main === module) {
  mkdirSync(mixtureFolder, { recursive: true });
  for (const { name, bytes } of makeMixtures()) {
    writeFileSync(path.join(mixtureFolder, name), bytes);
  }
}
