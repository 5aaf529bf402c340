import { Option } from 'commander';

import type { Console } from './console.js';
import { CommandError, EXIT } from './exit-codes.js';
import { plainLines } from './plain-text.js';
import type { Outcome, ServerClient } from './server-client.js';

const FORMATS = ['csv', 'ndjson'] as const;

export type ExportFormat = (typeof FORMATS)[number];

export interface ExportOptions {
  readonly export?: ExportFormat;
  readonly limit?: number;
  readonly json?: boolean;
}

export const exportOption = (): Option =>
  new Option('--export <format>', 'print all as they come, for a file').choices(FORMATS);

/** @throws CommandError for options that have no meaning with `--export` */
export function assertExportAlone({ limit, json }: ExportOptions): void {
  if (limit || json) {
    throw new CommandError('--export prints all of them, in its own format: leave --limit and --json out.', EXIT.usage);
  }
}

/** Prints what the server streams, as it comes. @param call made with `parseAs: 'stream'` */
export async function printStream(
  server: ServerClient,
  call: Promise<Outcome<unknown>>,
  console: Console,
): Promise<void> {
  const body = (await server.answer(call)) as ReadableStream<Uint8Array>;
  for await (const text of body.pipeThrough(new TextDecoderStream())) await console.stream(plainLines(text));
}
