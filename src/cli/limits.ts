import { Command } from 'commander';

import type { BucketLevel } from '../operators/fleet/bucket-levels.js';
import { describeDuration } from '../issuer/domain/limits/duration.js';
import type { Environment } from '../platform/config/environment.js';
import { parseWhole } from './plan-options.js';
import { ClientError, ServerClient } from './server-client.js';

/** `fleetcert limits`: the levels of the CA's limits at a server, and setting them. Needs FLEETCERT_URL, FLEETCERT_TOKEN. */
export function limitsCommand(
  environment: Environment = process.env,
  print: (text: string) => void = (text) => console.log(text),
): Command {
  const limits = new Command('limits').description("the CA's rate limits, as far as the server at FLEETCERT_URL knows");
  limits
    .command('list', { isDefault: true })
    .description('what is left of each')
    .option('--json', 'print as JSON')
    .action((options: { json?: boolean }) =>
      reported(async () => {
        const { items } = await new ServerClient(environment).call<{ items: BucketLevel[] }>('GET', '/v1/limits');
        print(options.json ? JSON.stringify(items) : levelsText(items));
      }),
    );
  limits
    .command('set')
    .description('set how many are left, by what the CA knows better (other software in the same domain, say)')
    .argument('<limit>', 'new-orders or certificates-per-domain')
    .argument('<remaining>', 'how many are left now', parseWhole)
    .option('--subject <subject>', 'the registered domain or the account URL, where there are several')
    .option('--json', 'print as JSON')
    .action((limit: string, remaining: number, { subject, json }: { subject?: string; json?: boolean }) =>
      reported(async () => {
        const body = { limit, remaining, ...(subject !== undefined && { subject }) };
        const level = await new ServerClient(environment).call<BucketLevel>('PUT', '/v1/limits', body);
        print(json ? JSON.stringify(level) : levelsText([level]));
      }),
    );
  return limits;
}

function levelsText(levels: readonly BucketLevel[]): string {
  if (levels.length === 0) return 'The configured CA has no limits that orders share.';
  return levels
    .map(
      ({ limit, subject, level, capacity, reserved, refillSeconds, secondsUntilFull }) =>
        `${limit} (${subject}): ${level} of ${capacity} left, ${reserved} taken by orders in flight, ` +
        `one more every ${describeDuration(refillSeconds)}` +
        (secondsUntilFull > 0 ? `, full in ${describeDuration(secondsUntilFull)}` : ''),
    )
    .join('\n');
}

async function reported(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
