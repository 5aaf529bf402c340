import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';

import { NotificationListener } from '../../../src/platform/database/notification-listener.js';
import { describeOnEachDatabase } from '../../support/database.js';

beforeAll(() => Logger.overrideLogger(false));

describeOnEachDatabase('NotificationListener', (database) => {
  const listeners: NotificationListener[] = [];

  function listen(channel: string): { listener: NotificationListener; payloads: string[]; connected: () => number } {
    const listener = new NotificationListener(database.url);
    listeners.push(listener);
    const payloads: string[] = [];
    let connections = 0;
    listener.subscribe(channel, {
      onNotification: (payload) => payloads.push(payload),
      onConnected: () => (connections += 1),
    });
    return { listener, payloads, connected: () => connections };
  }

  const notify = (channel: string, payload: string): Promise<unknown> =>
    database.dataSource.query('SELECT pg_notify($1, $2)', [channel, payload]);

  afterEach(async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
  });

  it('delivers what is sent after it has said that it is connected', async () => {
    const { payloads, connected } = listen('zone "quoted" Changed');
    await vi.waitFor(() => expect(connected()).toBe(1));
    await notify('zone "quoted" Changed', '41');
    await notify('another channel', 'not this');
    await notify('zone "quoted" Changed', '42');
    await vi.waitFor(() => expect(payloads).toEqual(['41', '42']));
  });

  it('tells a handler that came later of the connection that is there', async () => {
    const { listener, connected } = listen('first');
    await vi.waitFor(() => expect(connected()).toBe(1));
    const late = { onNotification: vi.fn<(payload: string) => void>(), onConnected: vi.fn<() => void>() };
    listener.subscribe('second', late);
    await vi.waitFor(() => expect(late.onConnected).toHaveBeenCalledTimes(1));
    expect(connected()).toBe(1);
    await notify('second', 'here');
    await vi.waitFor(() => expect(late.onNotification).toHaveBeenCalledWith('here'));
  });

  it('connects again after an outage and says so, so that what was missed can be read', async () => {
    const { payloads, connected } = listen('zone');
    await vi.waitFor(() => expect(connected()).toBe(1));
    await database.interrupt();
    await sleep(300);
    expect(connected()).toBe(1);
    await database.restore();
    await vi.waitFor(() => expect(connected()).toBe(2), { timeout: 10_000 });
    await notify('zone', 'after');
    await vi.waitFor(() => expect(payloads).toEqual(['after']));
  });

  it('goes on when a handler throws', async () => {
    const { listener, payloads, connected } = listen('zone');
    const broken = vi.fn<() => void>(() => {
      throw new Error('a mistake');
    });
    listener.subscribe('zone', { onNotification: broken, onConnected: broken });
    await vi.waitFor(() => expect(broken).toHaveBeenCalledTimes(1));
    await notify('zone', '1');
    await vi.waitFor(() => expect(payloads).toEqual(['1']));
    expect(broken).toHaveBeenCalledTimes(2);
    expect(connected()).toBe(1);
  });

  it('calls nobody who unsubscribed, and nobody after stop', async () => {
    const { listener, payloads, connected } = listen('zone');
    const other = { onNotification: vi.fn<(payload: string) => void>(), onConnected: vi.fn<() => void>() };
    const unsubscribe = listener.subscribe('zone', other);
    await vi.waitFor(() => expect(other.onConnected).toHaveBeenCalled());
    unsubscribe();
    await notify('zone', '1');
    await vi.waitFor(() => expect(payloads).toEqual(['1']));
    expect(other.onNotification).not.toHaveBeenCalled();
    await listener.stop();
    await notify('zone', '2');
    await sleep(100);
    expect(payloads).toEqual(['1']);
    expect(connected()).toBe(1);
  });
});
