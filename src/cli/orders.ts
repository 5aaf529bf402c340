import type { Command } from 'commander';

import { everyItem, type Schemas } from '../client/fleet-client.js';
import { Console } from './console.js';
import { describeTime } from './describe-time.js';
import { assertExportAlone, exportOption, type ExportOptions, printStream } from './export.js';
import { fleetCommand } from './fleet-command.js';
import { forEach } from './for-each.js';
import { gather } from './gather.js';
import { collect, parseCount, parsePastTime } from './option-values.js';
import { plainText } from './plain-text.js';
import { ServerClient } from './server-client.js';
import { table } from './table.js';

type Status = Schemas['OrderItem']['status'];

const STATUSES: readonly Status[] = ['queued', 'issuing', 'deferred', 'issued', 'failed'];
const PAGE = 1000;

interface ListOptions extends ExportOptions {
  readonly status?: Status[];
  readonly reason?: string;
  readonly group?: string;
  readonly since?: string;
}

/** `fleetcert orders`: the queue and its reasons, and trying again. */
export function ordersCommand(console = new Console()): Command {
  const orders = fleetCommand('orders', 'orders of certificates: the queue and its reasons');
  orders.addCommand(
    fleetCommand('list', 'what waits and why, oldest first', [
      'fleetcert orders list',
      'fleetcert orders list --status failed',
      'fleetcert orders list --reason limit --json',
      'fleetcert orders list --since 7d --export csv >orders.csv',
    ])
      .option(
        '--status <list>',
        `${STATUSES.join(', ')}; with commas, or repeated (default: queued, issuing and deferred ones; with --export all)`,
        (text, before: string[] | undefined) => collect(text, before, STATUSES),
      )
      .option('--reason <code>', 'why it waits or failed, such as limit or validation_failed')
      .option('--group <group>', 'only those of devices of this group')
      .option('--since <time>', 'only those made since: a time, or 12h, 30d', (text) => parsePastTime(text))
      .option('--limit <number>', 'so many at most', parseCount)
      .option('--json', 'print as JSON')
      .addOption(exportOption())
      .action((options: ListOptions) => list(options, console)),
    { isDefault: true },
  );
  orders.addCommand(
    fleetCommand('retry', 'try orders again now: ones that wait, or ones that failed', [
      'fleetcert orders retry 8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f',
      "fleetcert orders list --status failed --json | jq -r '.items[].orderId' | xargs fleetcert orders retry",
    ])
      .argument('<order...>', 'their ids')
      .option('--json', 'print as JSON')
      .action((ids: string[], options: { json?: boolean }) => retry(ids, options, console)),
  );
  return orders;
}

async function list(options: ListOptions, console: Console): Promise<void> {
  const { status, reason, group, since, limit, json } = options;
  const server = new ServerClient(console.environment);
  const filter = {
    ...(status && { status }),
    ...(reason !== undefined && { reason }),
    ...(group !== undefined && { group }),
    ...(since !== undefined && { since }),
  };
  if (options.export) {
    assertExportAlone(options);
    const query = { ...filter, format: options.export };
    await printStream(server, server.api.GET('/v1/orders/export', { params: { query }, parseAs: 'stream' }), console);
    return;
  }
  const items = everyItem((cursor) => {
    const query = { ...filter, limit: Math.min(limit ?? PAGE, PAGE), ...(cursor !== undefined && { cursor }) };
    return server.answer(server.api.GET('/v1/orders', { params: { query } }));
  });
  const orders = await gather(items, limit, 'orders', console);
  if (json) {
    console.json({ items: orders });
    return;
  }
  const now = new Date();
  const rows = orders.map(({ orderId, name, status, reason, estimatedAt, createdAt }) => [
    plainText(orderId),
    plainText(name),
    status === 'failed' ? console.style('red', status) : plainText(status),
    describeTime(createdAt, now),
    describeTime(estimatedAt, now),
    plainText(reason ?? ''),
  ]);
  if (rows.length === 0) console.note('No orders.');
  else console.print(table(console, ['Order', 'Device', 'Status', 'Made', 'Expected', 'Reason'], rows));
}

async function retry(ids: readonly string[], { json }: { json?: boolean }, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  await forEach(ids, { json, done: 'is tried again', work: 'orders' }, console, (id) =>
    server.answer(server.api.POST('/v1/orders/{id}/retry', { params: { path: { id } } })),
  );
}
