import { Logger } from '@nestjs/common';

import type { DatabaseLogger } from '../platform/database/database-server.js';

/**
 * What is worth a word before the application's own log is there goes to standard error, as a plain line; from the
 * hand-over on everything goes to the log.
 */
export class BootLogger implements DatabaseLogger {
  #target: Logger | undefined;

  handOver(): void {
    this.#target = new Logger('Database');
  }

  log(message: string): void {
    this.#target?.log(message);
  }

  debug(message: string): void {
    this.#target?.debug(message);
  }

  warn(message: string): void {
    if (this.#target) this.#target.warn(message);
    else process.stderr.write(`fleetcert: ${message}\n`);
  }
}
