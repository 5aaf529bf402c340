import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';

import { multistream, type DestinationStream } from 'pino';

const LEVEL_NAMES: Readonly<Record<number, string>> = { 40: 'warning', 50: 'error', 60: 'fatal' };

/**
 * Where the sandbox's log goes: all of it into a file, and what a person should see as readable lines on standard
 * error. Elsewhere the log is JSON on standard output.
 */
export function sandboxLogDestination(file: string): DestinationStream {
  mkdirSync(dirname(file), { recursive: true });
  return multistream([
    { level: 'debug', stream: createWriteStream(file, { flags: 'a', mode: 0o600 }) },
    { level: 'error', stream: readableLines(process.stderr) },
  ]);
}

function readableLines(target: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      target.write(readableLine(chunk.toString()));
      done();
    },
  });
}

/** One JSON log line as a person reads it. */
export function readableLine(line: string): string {
  try {
    const entry = JSON.parse(line) as { level: number; context?: string; msg?: string; err?: { message?: string } };
    const cause = entry.err?.message ? `: ${entry.err.message}` : '';
    return `${LEVEL_NAMES[entry.level] ?? 'log'}: ${entry.msg ?? ''}${cause}\n`;
  } catch {
    return line;
  }
}
