import { type Command, Option } from 'commander';

import { everyItem } from '../client/fleet-client.js';
import { Console } from './console.js';
import { describeTime } from './describe-time.js';
import { CommandError, EXIT } from './exit-codes.js';
import { fleetCommand } from './fleet-command.js';
import { forEach } from './for-each.js';
import { gather } from './gather.js';
import { parseCount, parseTime } from './option-values.js';
import { plainText } from './plain-text.js';
import { ServerClient } from './server-client.js';
import { table } from './table.js';

const ROLES = ['viewer', 'operator', 'admin'] as const;
const PAGE = 1000;
const OPERATOR_OPTION = ['--operator', "operators' credentials (API keys) instead of enrollment keys"] as const;

interface CreateOptions {
  readonly operator?: boolean;
  readonly role?: (typeof ROLES)[number];
  readonly maxUses?: number;
  readonly expires?: string;
  readonly zone?: string;
  readonly group?: string;
  readonly note?: string;
  readonly json?: boolean;
}

interface KeyOptions {
  readonly operator?: boolean;
  readonly json?: boolean;
}

/** `fleetcert keys`: what devices enroll with; with `--operator` what operators call the API with. */
export function keysCommand(console = new Console()): Command {
  const keys = fleetCommand('keys', "enrollment keys, and operators' credentials");
  keys.addCommand(listCommand(console), { isDefault: true });
  keys.addCommand(createCommand(console));
  keys.addCommand(revokeCommand(console));
  return keys;
}

function createCommand(console: Console): Command {
  return fleetCommand('create', 'make a key; it is printed this once, alone on standard output', [
    'fleetcert keys create --max-uses 50 --expires 2027-01-31 --group rack-1',
    'KEY=$(fleetcert keys create --max-uses 1)',
    'fleetcert keys create --operator --role viewer --note wallboard',
  ])
    .option('--max-uses <number>', 'so many devices may enroll with it (default: any number)', parseCount)
    .option('--expires <time>', 'when it ends, ISO 8601 (default: never)', parseTime)
    .option('--zone <zone>', 'the zone that its devices get names in (default: the first one)')
    .option('--group <group>', 'the group that its devices are put in')
    .option('--note <text>', 'for people')
    .option(...OPERATOR_OPTION)
    .addOption(new Option('--role <role>', 'of an operator').choices(ROLES))
    .option('--json', 'print id and key as JSON')
    .action((options: CreateOptions) => create(options, console));
}

async function create(options: CreateOptions, console: Console): Promise<void> {
  assertFitting(options);
  const server = new ServerClient(console.environment);
  const { note, expires } = options;
  const common = { ...(note !== undefined && { note }), ...(expires && { expiresAt: expires }) };
  const made = options.operator
    ? await server.answer(server.api.POST('/v1/api-keys', { body: { role: options.role!, ...common } }))
    : await server.answer(server.api.POST('/v1/enrollment-keys', { body: { ...enrollmentOf(options), ...common } }));
  if (options.json) {
    console.json(made);
    return;
  }
  console.note(`Made the key ${plainText(made.id)}. It is shown this once:`);
  console.print(plainText(made.key));
}

function enrollmentOf({ maxUses, zone, group }: CreateOptions) {
  return { ...(maxUses && { maxUses }), ...(zone !== undefined && { zone }), ...(group !== undefined && { group }) };
}

/** @throws CommandError for options that mean nothing together */
function assertFitting({ operator, role, maxUses, zone, group }: CreateOptions): void {
  if (operator && !role) throw new CommandError(`--operator needs --role ${ROLES.join('|')}.`, EXIT.usage);
  if (operator && (maxUses || zone !== undefined || group !== undefined)) {
    throw new CommandError('--max-uses, --zone and --group are for enrollment keys, not for --operator.', EXIT.usage);
  }
  if (!operator && role) throw new CommandError('--role is for --operator.', EXIT.usage);
}

function listCommand(console: Console): Command {
  return fleetCommand('list', 'keys, without the keys themselves', [
    'fleetcert keys list',
    'fleetcert keys list --operator --json',
  ])
    .option(...OPERATOR_OPTION)
    .option('--json', 'print as JSON')
    .action(({ operator, json }: KeyOptions) =>
      operator ? listOperators(json, console) : listEnrollment(json, console),
    );
}

async function listEnrollment(json: boolean | undefined, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  const pages = everyItem((cursor) =>
    server.answer(
      server.api.GET('/v1/enrollment-keys', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } } }),
    ),
  );
  const keys = await gather(pages, undefined, 'keys', console);
  const now = new Date();
  const rows = keys.map(({ id, zone, group, uses, maxUses, expiresAt, note }) => [
    plainText(id),
    plainText(zone),
    plainText(group ?? ''),
    `${uses}${maxUses === null ? '' : ` of ${maxUses}`}`,
    expiresAt === null ? 'never' : describeTime(expiresAt, now),
    plainText(note ?? ''),
  ]);
  show(console, json, keys, ['Key', 'Zone', 'Group', 'Used', 'Ends', 'Note'], rows);
}

async function listOperators(json: boolean | undefined, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  const pages = everyItem((cursor) =>
    server.answer(server.api.GET('/v1/api-keys', { params: { query: { limit: PAGE, ...(cursor && { cursor }) } } })),
  );
  const keys = await gather(pages, undefined, 'keys', console);
  const now = new Date();
  const rows = keys.map(({ id, role, createdAt, expiresAt, note }) => [
    plainText(id),
    plainText(role),
    describeTime(createdAt, now),
    expiresAt === null ? 'never' : describeTime(expiresAt, now),
    plainText(note ?? ''),
  ]);
  show(console, json, keys, ['Key', 'Role', 'Made', 'Ends', 'Note'], rows);
}

function show(
  console: Console,
  json: boolean | undefined,
  items: readonly unknown[],
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  if (json) console.json({ items });
  else if (rows.length === 0) console.note('No keys.');
  else console.print(table(console, head, rows));
}

function revokeCommand(console: Console): Command {
  return fleetCommand('revoke', 'end keys; devices that enrolled with them stay', [
    'fleetcert keys revoke 3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44',
    'fleetcert keys revoke --operator 3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44',
  ])
    .argument('<key...>', 'their ids')
    .option(...OPERATOR_OPTION)
    .option('--json', 'print as JSON')
    .action(async (ids: string[], { operator, json }: KeyOptions) => {
      const server = new ServerClient(console.environment);
      await forEach(ids, { json, done: 'is revoked', work: 'keys' }, console, async (id) => {
        const params = { params: { path: { id } } };
        await (operator
          ? server.answer(server.api.DELETE('/v1/api-keys/{id}', params))
          : server.answer(server.api.DELETE('/v1/enrollment-keys/{id}', params)));
        return { id };
      });
    });
}
