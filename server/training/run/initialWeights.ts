import { CodedError } from '#common/protocol/rpc';
import { decodeSafetensors } from '#common/safetensors';
import { checkFit, loadVariables, safeTensors } from './checkpoint';
import type { Learner } from './learner';

/** Names that a checkpoint holds beside weights; they do not matter to a new run. */
const otherNames = /^(optimizer|normalization|physics|state)\//;

/**
 * Begins with the weights of a safetensors file, which may come from another program. Physical
 * parameters are taken from the file if they are in it.
 * Throws CodedError `checkpoint/…` when the file does not fit the network.
 */
export async function loadInitialWeights(learner: Learner, bytes: Uint8Array): Promise<void> {
  const content = decodeSafetensors(bytes);
  const physics = [...learner.variables].filter(([name]) => name.startsWith('physics/'));
  const tensors = new Map([...(await safeTensors(physics)), ...content.tensors]);
  for (const [name, variable] of learner.variables) {
    checkFit(name, variable.shape, tensors.get(name));
  }
  checkNoOthers(learner, content.tensors.keys());
  loadVariables(learner, { ...content, tensors });
  learner.instrument.project();
}

/** A weight that nothing takes is a sign of the wrong file. */
function checkNoOthers(learner: Learner, names: Iterable<string>): void {
  const unknown = [...names].filter((name) => !learner.variables.has(name));
  const strange = unknown.find((name) => !otherNames.test(name));
  if (strange === undefined) return;
  const some = [...learner.network.weights.keys()].slice(0, 6).join(', ');
  throw new CodedError(
    'checkpoint/mismatch',
    `The initial weights do not fit this experiment: "${strange}" belongs to none of its layers (it has ${some} …). Use a checkpoint of the same network.`,
  );
}
