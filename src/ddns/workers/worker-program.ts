import { Injectable } from '@nestjs/common';

/** What a DNS worker process runs. */
@Injectable()
export class WorkerProgram {
  readonly url: URL = new URL('./worker-process.js', import.meta.url);
  /** Options of Node, before the program. */
  readonly nodeOptions: readonly string[] = ['--enable-source-maps'];
}
