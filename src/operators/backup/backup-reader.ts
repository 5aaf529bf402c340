import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';

import { decryptOctets } from './age-file.js';
import { BackupError } from './domain/backup-error.js';
import { damaged, readHeader, readMark, type BackupEnd, type BackupHeader } from './domain/backup-format.js';

/** A batch of one table: `json` is an array of `rows` objects, not parsed. */
export interface RowBatch {
  readonly table: string;
  readonly rows: number;
  readonly json: string;
}

/** A backup's file, read from its beginning to its end, once. */
export class BackupReader {
  #end: BackupEnd | undefined;

  private constructor(
    readonly header: BackupHeader,
    private readonly lines: AsyncGenerator<string, void>,
  ) {}

  /**
   * Opens the file and reads its header.
   * @throws BackupError `passphrase`, `not-a-backup`, `newer`, `damaged`; what the file system says
   */
  static async open(path: string, passphrase: string): Promise<BackupReader> {
    const file = createReadStream(path);
    const decrypted = await decryptOctets(file, passphrase);
    const lines = readLines(pipeline(decrypted, createGunzip(), () => undefined));
    const first = await lines.next();
    if (first.done) throw damaged();
    return new BackupReader(readHeader(first.value), lines);
  }

  /** All rows. Only when this has come to its end is it known that they are all, and that nobody has changed them. */
  async *batches(): AsyncGenerator<RowBatch, void> {
    const counts: Record<string, number> = {};
    for (;;) {
      const mark = readMark(await this.#line());
      if ('end' in mark) {
        await this.#finish(mark.end, counts);
        return;
      }
      const { table, rows } = mark.batch;
      counts[table] = (counts[table] ?? 0) + rows;
      yield { table, rows, json: await this.#line() };
    }
  }

  /** What the last line says; there once `batches` has come to its end. */
  get end(): BackupEnd {
    if (!this.#end) throw new Error('the backup was not read to its end');
    return this.#end;
  }

  async close(): Promise<void> {
    await this.lines.return().catch(() => undefined);
  }

  async #line(): Promise<string> {
    const next = await this.lines.next();
    if (next.done) throw damaged();
    return next.value;
  }

  /** Reading on to the end of the file has the last chunk authenticated, and the checksum of the compression compared. */
  async #finish(end: BackupEnd, counts: Readonly<Record<string, number>>): Promise<void> {
    if (!(await this.lines.next()).done) throw damaged();
    for (const { name } of this.header.tables) if ((counts[name] ?? 0) !== end.rows[name]) throw damaged();
    this.#end = end;
  }
}

/** Lines without their line feeds. @throws BackupError `damaged` for whatever is wrong with the stream */
async function* readLines(stream: Readable): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  // Parts of one line are joined once: a line may come in thousands of chunks.
  let parts: string[] = [];
  try {
    for await (const chunk of stream) {
      const pieces = decoder.write(chunk as Buffer).split('\n');
      for (const piece of pieces.slice(0, -1)) {
        parts.push(piece);
        yield parts.join('');
        parts = [];
      }
      parts.push(pieces.at(-1)!);
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw damaged(error);
  } finally {
    stream.destroy();
  }
  if (parts.join('') + decoder.end() !== '') throw damaged();
}
