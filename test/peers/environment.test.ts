import assert from 'node:assert/strict';
import { runPython } from './environment';

interface Facts {
  readonly keras: string;
  readonly backend: string;
  readonly tensorboard: string;
  readonly sum: number;
}

describe('the Python environment', () => {
  it('has Keras and TensorBoard and computes', async () => {
    const facts = await runPython<Facts>('environment.py', { values: [1, 2, 3.5] });
    assert.match(facts.keras, /^3\./);
    assert.equal(facts.backend, 'jax');
    assert.match(facts.tensorboard, /^2\./);
    assert.equal(facts.sum, 6.5);
  });

  it('passes on why a script failed', async () => {
    await assert.rejects(runPython('environment.py', {}), /KeyError: 'values'/);
  });
});
