import type { Command } from 'commander';

import { everyItem, type Schemas } from '../client/fleet-client.js';
import { Console } from './console.js';
import { CommandError, EXIT } from './exit-codes.js';
import { fleetCommand } from './fleet-command.js';
import { plainText } from './plain-text.js';
import { ServerClient } from './server-client.js';
import { facts } from './table.js';

type Account = Schemas['ListedAccount'];
type Details = Schemas['AccountDetails'];

/** `fleetcert account`: our accounts at CAs. Needs FLEETCERT_URL and FLEETCERT_TOKEN. */
export function accountCommand(console = new Console()): Command {
  const account = fleetCommand('account', 'our accounts at CAs: what they are, and a new key for one');
  account.addCommand(
    fleetCommand('show', 'the accounts, and what their CAs say of them', [
      'fleetcert account show',
      'fleetcert account show --json',
    ])
      .argument('[account]', 'its id, account URL or directory URL (default: all)')
      .option('--json', 'print as JSON')
      .action((which: string | undefined, options: { json?: boolean }) => show(which, options, console)),
    { isDefault: true },
  );
  account.addCommand(
    fleetCommand('rollover', 'give an account a new key, here and at its CA; orders go on meanwhile', [
      'fleetcert account rollover',
      'fleetcert account rollover https://acme-v02.api.letsencrypt.org/directory',
    ])
      .argument('[account]', 'its id, account URL or directory URL; needed where there are several')
      .option('--json', 'print the account as JSON')
      .action((which: string | undefined, options: { json?: boolean }) => rollOver(which, options, console)),
  );
  return account;
}

async function show(which: string | undefined, { json }: { json?: boolean }, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  const found = await find(server, which);
  const details: Details[] = [];
  for (const { id } of found) {
    details.push(await server.answer(server.api.GET('/v1/accounts/{id}', { params: { path: { id } } })));
  }
  if (json) console.json(details);
  else if (details.length === 0) console.print('There is no account yet: the first order makes it.');
  else console.print(details.map((one) => detailsText(one, console)).join('\n\n'));
}

async function rollOver(which: string | undefined, { json }: { json?: boolean }, console: Console): Promise<void> {
  const server = new ServerClient(console.environment);
  const found = await find(server, which);
  if (found.length === 0) throw new CommandError('There is no account yet: the first order makes it.');
  if (found.length > 1) {
    const urls = found.map(({ directoryUrl }) => `\n  ${plainText(directoryUrl)}`).join('');
    throw new CommandError(`There are several accounts; say at which CA:${urls}`, EXIT.usage);
  }
  const [{ id, keySha256: before }] = found as [Account];
  const after = await server.answer(server.api.POST('/v1/accounts/{id}/rollover', { params: { path: { id } } }));
  if (json) console.json(after);
  else {
    console.print(
      `${plainText(after.accountUrl ?? after.directoryUrl)} has a new key: ${after.keySha256} (was ${before})`,
    );
    console.note('Backups that were made before hold the old key, which is worth nothing now: make a new one.');
  }
}

/** @throws CommandError when one was named, and is not there */
async function find(server: ServerClient, which: string | undefined): Promise<Account[]> {
  const pages = (cursor: string | undefined) =>
    server.answer(server.api.GET('/v1/accounts', { params: { query: { cursor } } }));
  const all: Account[] = [];
  for await (const account of everyItem<Account>(pages)) all.push(account);
  if (which === undefined) return all;
  const found = all.filter(({ id, accountUrl, directoryUrl }) => [id, accountUrl, directoryUrl].includes(which));
  if (found.length === 0) throw new CommandError(`There is no account ${plainText(which)}.`);
  return found;
}

function detailsText(account: Details, console: Console): string {
  const { atCa } = account;
  const contacts = atCa && atCa.contact.length > 0 ? atCa.contact.join(', ') : (account.contact ?? '–');
  const pending: [string, string][] = account.rolloverPendingSince
    ? [['rollover', `begun ${account.rolloverPendingSince} and not finished: run "fleetcert account rollover"`]]
    : [];
  return facts(console, [
    ['account', account.id],
    ['directory', plainText(account.directoryUrl)],
    ['URL', plainText(account.accountUrl ?? 'not registered yet')],
    ['status', plainText(atCa?.status ?? '–')],
    ['contact', plainText(contacts)],
    ['key (SHA-256)', account.keySha256],
    ['registered', account.registeredAt ?? '–'],
    ['key changed', account.keyChangedAt ?? 'never'],
    ...pending,
  ]);
}
