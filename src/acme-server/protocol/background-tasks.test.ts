import { describe, expect, it } from 'vitest';

import { SILENT_LOG } from '../ports/server-log.js';
import { BackgroundTasks } from './background-tasks.js';

function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe('background tasks', () => {
  it('run so many at once, the others in turn', async () => {
    const tasks = new BackgroundTasks(2, SILENT_LOG);
    const gates = Array.from({ length: 5 }, gate);
    const started: number[] = [];
    for (const [index, { opened }] of gates.entries()) {
      void tasks.run(`task ${index}`, async () => {
        started.push(index);
        await opened;
      });
    }
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    gates[1]?.open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await tasks.idle();
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('that fail are logged, and nothing else happens', async () => {
    const errors: unknown[] = [];
    const tasks = new BackgroundTasks(1, { ...SILENT_LOG, error: (message, cause) => errors.push([message, cause]) });
    const cause = new Error('broken');
    await tasks.run('signing', () => Promise.reject(cause));
    expect(errors).toEqual([['signing failed', cause]]);
    let ran = false;
    await tasks.run('next', async () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });

  it('are waited for when they run, and dropped when they have not begun', async () => {
    const tasks = new BackgroundTasks(1, SILENT_LOG);
    const { opened, open } = gate();
    const log: string[] = [];
    void tasks.run('running', async () => {
      await opened;
      log.push('finished');
    });
    void tasks.run('waiting', async () => {
      log.push('never');
    });
    const stopped = tasks.stop().then(() => log.push('stopped'));
    open();
    await stopped;
    expect(log).toEqual(['finished', 'stopped']);
  });
});
