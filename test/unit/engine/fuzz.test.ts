import fc from 'fast-check';
import { checkNetwork, networkPlans } from '../../fuzz/networks';
import { checkProgram, programPlans } from '../../fuzz/programs';
import { titleOf, useEngine, variants } from './support';

for (const variant of variants) {
  describe(`what is recorded, ${titleOf(variant)}`, () => {
    useEngine(variant);

    it('gives the bits of its operations one by one: random programs', () =>
      fc.assert(fc.asyncProperty(programPlans(), checkProgram), { seed: 1, numRuns: 25 }));

    it('gives the bits of its operations one by one: random networks', () =>
      fc.assert(fc.asyncProperty(networkPlans(), checkNetwork), { seed: 1, numRuns: 8 }));
  });
}
