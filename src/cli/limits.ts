import type { Command } from 'commander';

import type { Schemas } from '../client/fleet-client.js';
import { describeDuration } from '../issuer/domain/limits/duration.js';
import { Console } from './console.js';
import { fleetCommand } from './fleet-command.js';
import { plainText } from './plain-text.js';
import { parseWhole } from './plan-options.js';
import { ServerClient } from './server-client.js';

type BucketLevel = Schemas['BucketLevel'];

/** `fleetcert limits`: the levels of the CA's limits at a server, and setting them. */
export function limitsCommand(console = new Console()): Command {
  const limits = fleetCommand('limits', "the CA's rate limits, as far as the server at FLEETCERT_URL knows");
  limits.addCommand(
    fleetCommand('list', 'what is left of each', ['fleetcert limits list', 'fleetcert limits list --json'])
      .option('--json', 'print as JSON')
      .action(async ({ json }: { json?: boolean }) => {
        const server = new ServerClient(console.environment);
        const { items } = await server.answer(server.api.GET('/v1/limits'));
        if (json) console.json(items);
        else console.print(levelsText(items));
      }),
    { isDefault: true },
  );
  limits.addCommand(
    fleetCommand('set', 'set how many are left, by what the CA knows better (other software in the same domain, say)', [
      'fleetcert limits set certificates-per-domain 12 --subject example.com',
    ])
      .argument('<limit>', 'new-orders or certificates-per-domain')
      .argument('<remaining>', 'how many are left now', parseWhole)
      .option('--subject <subject>', 'the registered domain or the account URL, where there are several')
      .option('--json', 'print as JSON')
      .action(async (limit: string, remaining: number, { subject, json }: { subject?: string; json?: boolean }) => {
        const server = new ServerClient(console.environment);
        const body = { limit, remaining, ...(subject !== undefined && { subject }) };
        const level = await server.answer(server.api.PUT('/v1/limits', { body }));
        if (json) console.json(level);
        else console.print(levelsText([level]));
      }),
  );
  return limits;
}

function levelsText(levels: readonly BucketLevel[]): string {
  if (levels.length === 0) return 'The configured CA has no limits that orders share.';
  return levels
    .map(
      ({ limit, subject, level, capacity, reserved, refillSeconds, secondsUntilFull }) =>
        `${plainText(limit)} (${plainText(subject)}): ${level} of ${capacity} left, ${reserved} taken by orders in flight, ` +
        `one more every ${describeDuration(refillSeconds)}` +
        (secondsUntilFull > 0 ? `, full in ${describeDuration(secondsUntilFull)}` : ''),
    )
    .join('\n');
}
