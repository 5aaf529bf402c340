import { setTimeout as sleep } from 'node:timers/promises';

import { everyItem, type Schemas } from '../client/fleet-client.js';
import type { Console } from './console.js';
import type { DeviceFilter } from './device-options.js';
import { CommandError } from './exit-codes.js';
import { gather } from './gather.js';
import { plainText } from './plain-text.js';
import type { ServerClient } from './server-client.js';

/** What is to be done to all devices that a filter matches. */
export interface BulkWish {
  readonly action: Schemas['BulkActionDto']['action'];
  readonly filter: DeviceFilter;
  readonly revoke?: boolean;
}

const POLL_MILLISECONDS = 300;
const PAGE = 1000;

/**
 * Counts the devices, and if it `isWanted` does it to exactly that many, at the server, and waits for the end.
 * @throws CommandError when it failed for one or more of them
 */
export async function actOnFilter(
  server: ServerClient,
  wish: BulkWish,
  { isWanted, json }: { readonly isWanted: boolean; readonly json?: boolean | undefined },
  console: Console,
): Promise<void> {
  const preview = (await start(server, { ...wish, dryRun: true })) as Schemas['BulkPreview'];
  if (!isWanted || preview.count === 0) {
    if (json) console.json(preview);
    else tellPreview(console, preview, isWanted);
    return;
  }
  const begun = (await start(server, { ...wish, expectedCount: preview.count })) as Schemas['BulkJob'];
  const job = await untilEnded(server, begun, console);
  const failed = await gatherFailed(server, job, console);
  if (json) console.json({ ...job, failures: failed });
  else tellEnd(console, job, failed);
  if (job.failed > 0) throw new CommandError(`${job.failed} of ${job.total} devices could not be changed.`);
  if (job.state === 'cancelled') throw new CommandError('Somebody has cancelled it.');
}

function start(server: ServerClient, body: Schemas['BulkActionDto']): Promise<unknown> {
  return server.answer(server.api.POST('/v1/devices/bulk', { body }));
}

async function untilEnded(
  server: ServerClient,
  begun: Schemas['BulkJob'],
  console: Console,
): Promise<Schemas['BulkJob']> {
  let job = begun;
  try {
    while (job.state === 'running') {
      console.progress(`${job.total - job.pending} of ${job.total} devices …`);
      await sleep(POLL_MILLISECONDS);
      const { id } = job;
      job = await server.answer(server.api.GET('/v1/devices/bulk/{id}', { params: { path: { id } } }));
    }
  } finally {
    console.endProgress();
  }
  return job;
}

async function gatherFailed(
  server: ServerClient,
  { id, failed }: Schemas['BulkJob'],
  console: Console,
): Promise<Schemas['BulkItem'][]> {
  if (failed === 0) return [];
  const pages = everyItem((cursor) => {
    const query = { outcome: 'failed' as const, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    return server.answer(server.api.GET('/v1/devices/bulk/{id}/items', { params: { path: { id }, query } }));
  });
  return gather(pages, undefined, 'failures', console);
}

function tellPreview(console: Console, { action, count, sample }: Schemas['BulkPreview'], isWanted: boolean): void {
  const names = sample.map(({ name }) => `  ${plainText(name)}`);
  if (count > sample.length) names.push(`  … and ${(count - sample.length).toLocaleString('en')} more`);
  console.print([`${plainText(action)}: ${count.toLocaleString('en')} devices`, ...names].join('\n'));
  if (count > 0 && !isWanted) console.note('Nothing was done. To do it, add --yes.');
}

function tellEnd(console: Console, job: Schemas['BulkJob'], failed: readonly Schemas['BulkItem'][]): void {
  const { action, done, unchanged, failed: failures } = job;
  console.print(`${plainText(action)}: ${done} done, ${unchanged} were so already, ${failures} failed`);
  for (const { name, detail } of failed) console.note(`${plainText(name)}: ${plainText(detail ?? '')}`);
}
