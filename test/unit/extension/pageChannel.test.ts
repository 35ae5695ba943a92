import assert from 'node:assert/strict';
import { CodedError } from '#common/protocol/rpc';
import { createPageChannel } from '../../../extension/panel/pageChannel';

type Requests = {
  readonly 'sum/add': (argument: { readonly a: number; readonly b: number }) => number;
  readonly 'sum/fail': (argument: Record<string, never>) => never;
};
type Events = { readonly 'sum/changed': { readonly total: number } };

function openChannel() {
  const posted: unknown[] = [];
  const logged: string[] = [];
  const channel = createPageChannel<Requests, Events>({
    port: { post: async (message) => void posted.push(message) },
    methods: ['sum/add', 'sum/fail'],
    handlers: {
      'sum/add': ({ a, b }) => a + b,
      'sum/fail': () => {
        throw new CodedError('sum/overflow', 'Too much.');
      },
    },
    log: (message) => logged.push(message),
  });
  return { channel, posted, logged };
}

describe("the host's side of a page", () => {
  it('answers a request with its result', async () => {
    const { channel, posted } = openChannel();
    await channel.receive({ kind: 'request', id: 4, method: 'sum/add', argument: { a: 1, b: 2 } });
    assert.deepEqual(posted, [{ kind: 'answer', id: 4, result: 3 }]);
  });

  it('answers a request that fails with its code', async () => {
    const { channel, posted } = openChannel();
    await channel.receive({ kind: 'request', id: 5, method: 'sum/fail', argument: {} });
    const error = { code: 'sum/overflow', message: 'Too much.' };
    assert.deepEqual(posted, [{ kind: 'answer', id: 5, error }]);
  });

  const strangers: readonly unknown[] = [
    undefined,
    'text',
    { kind: 'request', id: 1, method: 'constructor', argument: {} },
    { kind: 'request', id: 'x', method: 'sum/add', argument: {} },
    { kind: 'answer', id: 1, result: 1 },
  ];
  for (const message of strangers) {
    it(`drops and logs ${JSON.stringify(message) ?? 'nothing'}`, async () => {
      const { channel, posted, logged } = openChannel();
      await channel.receive(message);
      assert.deepEqual(posted, []);
      assert.equal(logged.length, 1);
    });
  }

  it('tells events', async () => {
    const { channel, posted } = openChannel();
    await channel.tell('sum/changed', { total: 7 });
    assert.deepEqual(posted, [{ kind: 'event', event: 'sum/changed', value: { total: 7 } }]);
  });
});
