import { setTimeout as sleep } from 'node:timers/promises';

import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { logFields, withLogFields } from './log-fields.js';

describe('withLogFields', () => {
  it('puts the order of the work under way on each line, and keeps works apart', async () => {
    const lines: { msg: string; orderId?: string; deviceId?: string }[] = [];
    const logger = pino({ mixin: logFields }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const work = (orderId: string) =>
      withLogFields({ orderId }, async () => {
        await sleep(1);
        withLogFields({ deviceId: `device of ${orderId}` }, () => logger.info('inner'));
        logger.info('outer');
      });
    await Promise.all([work('a'), work('b')]);
    logger.info('outside');
    const told = (orderId: string) =>
      lines.filter((line) => line.orderId === orderId).map(({ msg, deviceId }) => [msg, deviceId]);
    expect(told('a')).toEqual([
      ['inner', 'device of a'],
      ['outer', undefined],
    ]);
    expect(told('b')).toHaveLength(2);
    expect(lines.at(-1)).toMatchObject({ msg: 'outside' });
    expect(lines.at(-1)).not.toHaveProperty('orderId');
  });

  it('does not hide what a line says itself', () => {
    const lines: { orderId?: string }[] = [];
    const logger = pino({ mixin: logFields }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    withLogFields({ orderId: 'around' }, () => logger.info({ orderId: 'own' }, 'line'));
    expect(lines[0]?.orderId).toBe('own');
  });
});
