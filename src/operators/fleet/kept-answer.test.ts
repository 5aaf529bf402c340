import { describe, expect, it } from 'vitest';

import { KeptAnswer } from './kept-answer.js';

/** Counts its runs, each of which takes `milliseconds` of a clock that moves only by that. */
function counting(milliseconds: number): { answer: KeptAnswer<number>; pass: (milliseconds: number) => void } {
  let [now, runs] = [0, 0];
  const work = (): Promise<number> => {
    now += milliseconds;
    runs += 1;
    return Promise.resolve(runs);
  };
  return { answer: new KeptAnswer(work, () => now), pass: (time) => void (now += time) };
}

describe('KeptAnswer', () => {
  it('works a quick answer out each time', async () => {
    const { answer } = counting(149);
    expect([await answer.get(), await answer.get()]).toEqual([1, 2]);
  });

  it('keeps a slow answer three times as long as it took', async () => {
    const { answer, pass } = counting(200);
    await answer.get();
    pass(599);
    expect(await answer.get()).toBe(1);
    pass(1);
    expect(await answer.get()).toBe(2);
  });

  it('keeps no answer longer than five seconds', async () => {
    const { answer, pass } = counting(60_000);
    await answer.get();
    pass(5_000);
    expect(await answer.get()).toBe(2);
  });

  it('passes a failure on, and tries again the next time', async () => {
    let fails = true;
    const answer = new KeptAnswer(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve('here')));
    await expect(answer.get()).rejects.toThrow('away');
    fails = false;
    expect(await answer.get()).toBe('here');
  });
});
