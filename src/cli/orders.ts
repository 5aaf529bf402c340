import { type Command, Option } from 'commander';

import { everyItem, type Schemas } from '../client/fleet-client.js';
import { Console } from './console.js';
import { describeTime } from './describe-time.js';
import { fleetCommand } from './fleet-command.js';
import { forEach } from './for-each.js';
import { gather } from './gather.js';
import { parseCount } from './option-values.js';
import { plainText } from './plain-text.js';
import { ServerClient } from './server-client.js';
import { table } from './table.js';

type Order = Schemas['OrderItem'];

const STATUSES = ['queued', 'issuing', 'deferred', 'issued', 'failed'] as const;
const PAGE = 1000;

interface ListOptions {
  readonly status?: Order['status'];
  readonly reason?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** `fleetcert orders`: the queue and its reasons, and trying again. */
export function ordersCommand(console = new Console()): Command {
  const orders = fleetCommand('orders', 'orders of certificates: the queue and its reasons');
  orders.addCommand(
    fleetCommand('list', 'what waits and why, oldest first', [
      'fleetcert orders list',
      'fleetcert orders list --status failed',
      'fleetcert orders list --reason limit --json',
    ])
      .addOption(new Option('--status <status>', 'default: queued, issuing and deferred ones').choices(STATUSES))
      .option('--reason <code>', 'why it waits or failed, such as limit or validation_failed')
      .option('--limit <number>', 'so many at most', parseCount)
      .option('--json', 'print as JSON')
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

async function list({ status, reason, limit, json }: ListOptions, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  const filter = { ...(status && { status }), ...(reason !== undefined && { reason }) };
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
