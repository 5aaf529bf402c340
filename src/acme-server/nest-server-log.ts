import type { Logger } from '@nestjs/common';

import type { ServerLog } from './ports/server-log.js';

/** Writes what the server reports to a Nest logger, structured. */
export class NestServerLog implements ServerLog {
  constructor(private readonly logger: Logger) {}

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.logger.log({ ...fields }, message);
  }

  error(message: string, cause: unknown): void {
    this.logger.error({ err: cause }, message);
  }
}
