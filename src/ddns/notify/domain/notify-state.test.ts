import { describe, expect, it } from 'vitest';

import { NotifyState, QUIET_MILLISECONDS } from './notify-state.js';

describe('what a secondary has been told', () => {
  it('has nothing to tell at first', () => {
    expect(new NotifyState().dueAt).toBe(Infinity);
  });

  it('tells the first change at once', () => {
    const state = new NotifyState();
    state.changed(1000);
    expect(state.dueAt).toBe(1000);
  });

  it('tells nothing more once it was acknowledged', () => {
    const state = new NotifyState();
    state.changed(1000);
    state.sent(1000);
    expect(state.dueAt).toBe(Infinity);
    state.acknowledged(1010);
    expect(state.dueAt).toBe(Infinity);
  });

  it('tells of changes that came while one was under way when that is over', () => {
    const state = new NotifyState();
    state.changed(1000);
    state.sent(1000);
    state.changed(1005);
    expect(state.dueAt).toBe(Infinity);
    state.acknowledged(1400);
    expect(state.dueAt).toBe(1400);
  });

  it('tells all changes of a quarter of a second at once', () => {
    const state = new NotifyState();
    state.changed(1000);
    state.sent(1000);
    state.acknowledged(1001);
    for (let now = 1002; now < 1100; now += 1) state.changed(now);
    expect(state.dueAt).toBe(1000 + QUIET_MILLISECONDS);
  });

  it('repeats after 1, 2, 4, 8, 16, 32 and then every 60 seconds until it is acknowledged', () => {
    const state = new NotifyState();
    let now = 0;
    state.changed(now);
    const waits = Array.from({ length: 9 }, () => {
      state.sent(now);
      state.failed(now);
      const wait = state.dueAt - now;
      now = state.dueAt;
      return wait / 1000;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(state.unanswered).toBe(9);
    state.sent(now);
    state.acknowledged(now);
    expect(state.unanswered).toBe(0);
    expect(state.dueAt).toBe(Infinity);
  });

  it('does not ask a secondary that does not answer more often because more changes', () => {
    const state = new NotifyState();
    state.changed(0);
    state.sent(0);
    state.failed(2000);
    state.changed(2001);
    expect(state.dueAt).toBe(3000);
  });
});
