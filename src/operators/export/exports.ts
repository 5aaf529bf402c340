import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';

import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { Page } from '../../platform/http/page.js';
import { csvBatch, csvHead } from './csv-batch.js';
import type { CsvColumns, ExportFormat } from './export-format.js';

/** Read and sent at once: the most that an export has in memory. */
export const EXPORT_BATCH = 500;
/** A few people may export at the same time; the database has other work, too. */
const MOST_EXPORTS = 4;
const RETRY_SECONDS = 30;

const MEDIA_TYPE: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

export interface Export<T> {
  /** `devices`; becomes the file's name. */
  readonly name: string;
  readonly format: ExportFormat;
  readonly columns: CsvColumns<T>;
  /** A page of the list, EXPORT_BATCH items long. */
  readonly page: (cursor: string | undefined) => Promise<Page<T>>;
}

/**
 * Sends whole lists. Page after page is read by the list's own cursor, and only when the client has taken the one before.
 * What goes wrong on the way breaks the connection off, so that nobody takes a part for the whole.
 */
@Injectable()
export class Exports {
  private readonly logger = new Logger(Exports.name);
  #running = 0;

  constructor(private readonly clock: Clock) {}

  /** @throws DomainError of the list before the first line was sent; `unavailable` when too many exports are under way */
  async send<T>(response: Response, wanted: Export<T>): Promise<void> {
    if (this.#running >= MOST_EXPORTS) {
      throw new DomainError('unavailable', 'Other exports are under way; try again when they have ended.', {
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    this.#running += 1;
    try {
      const first = await wanted.page(undefined);
      const date = this.clock.now().toISOString().slice(0, 10);
      response.setHeader('Content-Type', MEDIA_TYPE[wanted.format]);
      response.setHeader('Content-Disposition', `attachment; filename="${wanted.name}-${date}.${wanted.format}"`);
      await pipeline(Readable.from(text(wanted, first), { objectMode: true, highWaterMark: 1 }), response);
    } catch (error) {
      if (!response.headersSent) throw error;
      if (!response.destroyed) response.destroy();
      if (!isGone(error)) this.logger.error({ err: error, list: wanted.name }, 'an export was broken off');
    } finally {
      this.#running -= 1;
    }
  }
}

async function* text<T>({ format, columns, page }: Export<T>, first: Page<T>): AsyncGenerator<string> {
  if (format === 'csv') yield csvHead(columns);
  for (let next = first; ;) {
    if (next.items.length > 0) {
      yield format === 'csv'
        ? csvBatch(next.items, columns)
        : next.items.map((item) => `${JSON.stringify(item)}\n`).join('');
    }
    if (next.nextCursor === null) return;
    next = await page(next.nextCursor);
  }
}

/** The client went away. */
function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE' || code === 'ECONNRESET';
}
