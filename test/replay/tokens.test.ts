/** Tokens: fetched once for all who ask, used until they grow old or are refused. Virtual time; no command runs. */

import { describe, expect, test } from 'vitest';

import { TokenSource, type TokenAnswer } from '../../src/replay/tokens.ts';

function source(answers: TokenAnswer[] = []) {
  const asked: { mailbox: number; refused: string | undefined }[] = [];
  const now = { us: 0 };
  const tokens = new TokenSource(
    (mailbox, refused) => {
      asked.push({ mailbox, refused });
      return Promise.resolve(answers.shift() ?? { token: `t${asked.length}` });
    },
    () => now.us,
    1_000,
  );
  return { tokens, asked, now };
}

describe('tokens', () => {
  test('two who ask at once get one token; each account has its own', async () => {
    const { tokens, asked } = source();
    expect(await Promise.all([tokens.tokenOf(1), tokens.tokenOf(1), tokens.tokenOf(2)])).toEqual([
      { token: 't1' },
      { token: 't1' },
      { token: 't2' },
    ]);
    expect(asked).toHaveLength(2);
  });

  test('are fetched again when old, not before', async () => {
    const { tokens, now } = source();
    await tokens.tokenOf(1);
    now.us = 999;
    expect(await tokens.tokenOf(1)).toEqual({ token: 't1' });
    now.us = 1_000;
    expect(await tokens.tokenOf(1)).toEqual({ token: 't2' });
  });

  test('a refused one is not used again, and the source is told why it is asked', async () => {
    const { tokens, asked } = source();
    await tokens.tokenOf(1);
    tokens.forget(1, 't1');
    expect(await tokens.tokenOf(1)).toEqual({ token: 't2' });
    expect(asked.map(({ refused }) => refused)).toEqual([undefined, 't1']);
  });

  test('a failure is not kept', async () => {
    const { tokens } = source([{ problem: 'no identity provider' }]);
    expect(await tokens.tokenOf(1)).toEqual({ problem: 'no identity provider' });
    expect(await tokens.tokenOf(1)).toEqual({ token: 't2' });
  });

  test('refused twice may have been stale; a third one refused says the account is', async () => {
    const { tokens } = source();
    await tokens.tokenOf(1);
    expect(tokens.forget(1, 't1')).toBe(true);
    await tokens.tokenOf(1);
    expect(tokens.forget(1, 't2')).toBe(true);
    await tokens.tokenOf(1);
    expect(tokens.forget(1, 't3')).toBe(false);
    await tokens.tokenOf(1);
    tokens.served(1);
    expect(tokens.forget(1, 't4')).toBe(true);
  });

  test('refused to a session that signed in long ago leaves the new one where it is', async () => {
    const { tokens, asked } = source();
    await tokens.tokenOf(1);
    tokens.forget(1, 't1');
    const onItsWay = tokens.tokenOf(1);
    expect(tokens.forget(1, 't1')).toBe(true);
    expect(await tokens.tokenOf(1)).toEqual(await onItsWay);
    expect(tokens.forget(1, 't1')).toBe(true);
    expect(await tokens.tokenOf(1)).toEqual({ token: 't2' });
    expect(asked).toHaveLength(2);
  });
});
