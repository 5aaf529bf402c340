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
      .option('--ca <name>', 'the CA, where there are several; default: the first')
      .option('--json', 'print as JSON')
      .action(async (limit: string, remaining: number, { subject, ca, json }: SetOptions) => {
        const server = new ServerClient(console.environment);
        const body = { limit, remaining, ...(subject !== undefined && { subject }), ...(ca !== undefined && { ca }) };
        const level = await server.answer(server.api.PUT('/v1/limits', { body }));
        if (json) console.json(level);
        else console.print(levelsText([level]));
      }),
  );
  limits.addCommand(
    fleetCommand('resume', 'say that a pause is over at the CA: what it had paused is tried again', [
      'fleetcert limits resume',
      'fleetcert limits resume --ca Second --name k2v7qx.d.example.com',
    ])
      .option('--ca <name>', 'the CA, where there are several; default: the first')
      .option('--name <name>', 'the name that was paused; default: all, and the account')
      .option('--json', 'print as JSON')
      .action(async ({ ca, name, json }: { ca?: string; name?: string; json?: boolean }) => {
        const server = new ServerClient(console.environment);
        const body = { ...(ca !== undefined && { ca }), ...(name !== undefined && { name }) };
        const answer = await server.answer(server.api.POST('/v1/limits/resume', { body }));
        if (json) console.json(answer);
        else console.print(answer.resumed === 0 ? 'Nothing was paused.' : 'What was paused is tried again.');
      }),
  );
  return limits;
}

interface SetOptions {
  readonly subject?: string;
  readonly ca?: string;
  readonly json?: boolean;
}

function levelsText(levels: readonly BucketLevel[]): string {
  if (levels.length === 0) return 'The configured CA has no limits that orders share.';
  return levels
    .map(
      ({ ca, limit, subject, level, capacity, reserved, refillSeconds, secondsUntilFull }) =>
        `${ca === undefined ? '' : `${plainText(ca)}: `}${plainText(limit)} (${plainText(subject)}): ${level} of ${capacity} left, ${reserved} taken by orders in flight, ` +
        `one more every ${describeDuration(refillSeconds)}` +
        (secondsUntilFull > 0 ? `, full in ${describeDuration(secondsUntilFull)}` : ''),
    )
    .join('\n');
}
