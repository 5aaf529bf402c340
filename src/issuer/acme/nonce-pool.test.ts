import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NoncePool, type NoncePoolOptions } from './nonce-pool.js';

/** A pool whose newNonce gives `fetched-1`, `fetched-2`, … */
function aPool(options: NoncePoolOptions = {}): { pool: NoncePool; fetches: () => number } {
  let fetches = 0;
  const pool = new NoncePool(() => Promise.resolve(`fetched-${++fetches}`), options);
  return { pool, fetches: () => fetches };
}

async function takeAll(pool: NoncePool, count: number): Promise<string[]> {
  const taken = await Promise.all(Array.from({ length: count }, () => pool.take()));
  return taken.map(({ nonce }) => nonce);
}

describe('NoncePool', () => {
  it('hands out the newest first, and asks for one only when it is empty', async () => {
    const { pool, fetches } = aPool();
    pool.put('one');
    pool.put('two');
    expect(await takeAll(pool, 2)).toEqual(['two', 'one']);
    expect(fetches()).toBe(0);
    expect(await takeAll(pool, 1)).toEqual(['fetched-1']);
  });

  it('ignores a nonce that it holds, a malformed one and none', () => {
    const { pool } = aPool();
    for (const nonce of ['one', 'one', '', 'a b', 'a=', '\u00e9', 'x'.repeat(1025), undefined]) pool.put(nonce);
    expect(pool.size).toBe(1);
  });

  it('keeps no more than its capacity, the newest', async () => {
    const { pool } = aPool({ capacity: 2 });
    for (const nonce of ['one', 'two', 'three']) pool.put(nonce);
    expect(await takeAll(pool, 2)).toEqual(['three', 'two']);
  });

  it('drops what is too old', async () => {
    let now = 0;
    const { pool } = aPool({ maxAgeSeconds: 60, now: () => now });
    pool.put('old');
    now = 59_999;
    pool.put('young');
    now = 60_000;
    expect(await takeAll(pool, 2)).toEqual(['young', 'fetched-1']);
  });

  it('drops with a refused nonce all that are as old or older', async () => {
    let now = 0;
    const { pool } = aPool({ now: () => now });
    pool.put('one');
    now = 1;
    pool.put('two');
    const refused = await pool.take();
    now = 2;
    pool.put('three');
    pool.refused(refused);
    expect(await takeAll(pool, 2)).toEqual(['three', 'fetched-1']);
  });

  it('gives whoever waits the first nonce that comes, from wherever', async () => {
    const newNonce = Promise.withResolvers<string>();
    const pool = new NoncePool(() => newNonce.promise, { maxFetches: 1 });
    const first = pool.take();
    const second = pool.take();
    pool.put('returned');
    expect((await first).nonce).toBe('returned');
    newNonce.resolve('fetched');
    expect((await second).nonce).toBe('fetched');
  });

  it('has no more than so many newNonce requests under way', async () => {
    let underWay = 0;
    let most = 0;
    let count = 0;
    const pool = new NoncePool(
      async () => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 1));
        underWay -= 1;
        return `nonce-${++count}`;
      },
      { maxFetches: 3 },
    );
    expect(new Set(await takeAll(pool, 20)).size).toBe(20);
    expect(most).toBe(3);
  });

  it('rejects everybody who waits by one failure, and works again afterwards', async () => {
    let fail = true;
    const pool = new NoncePool(() => (fail ? Promise.reject(new Error('away')) : Promise.resolve('back')), {
      maxFetches: 1,
    });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => pool.take()));
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
    fail = false;
    expect((await pool.take()).nonce).toBe('back');
  });

  it('fails, and does not ask for ever, when the CA gives none that is usable', async () => {
    let fetches = 0;
    const pool = new NoncePool(() => Promise.resolve(`not base64url ${++fetches}`));
    await expect(pool.take()).rejects.toThrow(/without a usable nonce/);
    expect(fetches).toBe(1);
  });

  it('never hands out one twice, in any order of events', async () => {
    const events = fc.array(
      fc.oneof(
        fc.constant('take'),
        fc.constant('refuse'),
        fc.nat(50).map((id) => `put ${id}`),
      ),
    );
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        const { pool } = aPool({ capacity: 5 });
        const put = new Set<string>();
        const taken: string[] = [];
        for (const event of list) {
          const id = event.slice(4);
          if (event.startsWith('put')) {
            // A CA never gives the same nonce twice (RFC 8555 section 6.5).
            if (!put.has(id)) pool.put(`n${id}`);
            put.add(id);
            continue;
          }
          const nonce = await pool.take();
          taken.push(nonce.nonce);
          if (event === 'refuse') pool.refused(nonce);
        }
        expect(new Set(taken).size).toBe(taken.length);
        expect(pool.size).toBeLessThanOrEqual(5);
      }),
    );
  });
});
