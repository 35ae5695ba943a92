import { stages, type Stage } from '../catalogue/component';
import { physicalComponent } from '../catalogue/index';
import type { Experiment } from './experiment';
import type { Finding } from './problem';

const stagePhrases: Readonly<Record<Stage, string>> = {
  source: 'the light source',
  object: 'the object',
  optics: 'the optics',
  sampling: 'the sampling by the sensor',
  noise: 'the noise of the sensor',
  converter: 'the converter',
};

/** Whether the parts of the instrument stand in the order in which light meets them. */
export function checkPhysics(values: Experiment['physics']): readonly Finding[] {
  const findings: Finding[] = [];
  let latest: { readonly type: string; readonly stage: Stage } | undefined;
  for (const [index, value] of values.entries()) {
    const { stage } = physicalComponent(value.type);
    const path = ['physics', index];
    if (latest !== undefined && stages.indexOf(stage) < stages.indexOf(latest.stage)) {
      const message = `\`${value.type}\` belongs to ${stagePhrases[stage]} but comes after \`${latest.type}\`, ${stagePhrases[latest.stage]}; light meets them the other way round. Move it before \`${latest.type}\`.`;
      findings.push({
        severity: 'warning',
        code: 'physics/order',
        message,
        path: [...path, 'type'],
      });
    }
    if (isTrainable(value) && latest !== undefined && isAfterNoise(latest.stage)) {
      const message = `\`${value.type}\` is learned after \`${latest.type}\`: what follows the noise is digital, not the instrument, and cannot be built as optics. Move it before the noise, or set \`trainable\` to false.`;
      findings.push({
        severity: 'warning',
        code: 'physics/learned-after-noise',
        message,
        path: [...path, 'trainable'],
      });
    }
    if (latest === undefined || stages.indexOf(stage) >= stages.indexOf(latest.stage)) {
      latest = { type: value.type, stage };
    }
  }
  return findings;
}

function isAfterNoise(stage: Stage): boolean {
  return stages.indexOf(stage) >= stages.indexOf('noise');
}

function isTrainable(value: Experiment['physics'][number]): boolean {
  return 'trainable' in value && value.trainable;
}
