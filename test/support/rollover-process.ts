import 'reflect-metadata';

import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { AccountKeys } from '../../src/issuer/accounts/account-keys.js';
import { KeyRollover } from '../../src/issuer/accounts/key-rollover.js';
import { RolloverProbe, type RolloverStep } from '../../src/issuer/accounts/rollover-probe.js';
import { AcmeConnections } from '../../src/issuer/acme/acme-connections.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { dataSourceOptions } from '../../src/platform/database/data-source-options.js';
import { SecretBox } from '../../src/platform/security/secret-box.js';

/**
 * Changes an account's key and is killed when a step is done, as by a power cut:
 * `node --import ./scripts/ts-hook.mjs test/support/rollover-process.ts '{"url", "secretKey", "caFile", "accountId", "step"}'`.
 */
const { url, secretKey, caFile, accountId, step } = JSON.parse(process.argv[2]!) as Record<string, string>;

class KillingProbe extends RolloverProbe {
  override reached(reached: RolloverStep): void {
    if (reached === step) process.kill(process.pid, 'SIGKILL');
  }
}

Logger.overrideLogger(false);
const clock = new SystemClock();
const dataSource = await new DataSource(dataSourceOptions({ url: url!, poolSize: 2 })).initialize();
const connections = new AcmeConnections(clock, { caFile });
const keys = new AccountKeys(dataSource, new SecretBox(Buffer.from(secretKey!, 'base64')), clock, connections);
await new KeyRollover(keys, new KillingProbe(), connections).rollOver(accountId!);
