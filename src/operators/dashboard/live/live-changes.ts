import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import { isDatabaseUnavailable } from '../../../platform/database/database-unavailable.js';
import { PageVersions, type Topic } from './page-versions.js';
import { frame, type LiveStream, send, StreamSet } from './stream-set.js';

const TICK_MILLISECONDS = 2_000;
/** Proxies close connections that say nothing for a minute. */
const TICKS_A_BEAT = 8;

interface ChangeStream extends LiveStream {
  readonly topic: Topic;
  /** The version that the page shows. */
  seen: string;
}

/** Tells pages that what they show has changed; they fetch themselves again and take over the parts that differ. */
@Injectable()
export class LiveChanges implements OnModuleDestroy {
  private readonly logger = new Logger(LiveChanges.name);
  readonly #streams = new StreamSet<ChangeStream>(TICK_MILLISECONDS, (streams) => this.#tick(streams));
  #ticks = 0;

  constructor(private readonly versions: PageVersions) {}

  /** @param seen the version that the page was made from @throws DomainError `unavailable` */
  async open(stream: LiveStream, topic: Topic, seen: string): Promise<void> {
    this.#streams.requireRoom();
    const version = await this.versions.of(topic);
    const first = version === seen ? ': here\n\n' : frame('changed', { version });
    this.#streams.begin({ ...stream, topic, seen: version }, first);
  }

  onModuleDestroy(): void {
    this.#streams.end();
  }

  /** Never rejects: while the database is away the pages stay as they are. */
  async #tick(streams: ReadonlySet<ChangeStream>): Promise<void> {
    this.#ticks += 1;
    try {
      const versions = new Map<string, Promise<string>>();
      for (const stream of streams) {
        const { topic } = stream;
        const version = versions.get(topic) ?? this.versions.of(topic);
        versions.set(topic, version);
        this.#tell(stream, await version);
      }
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'it could not be read what has changed');
    }
  }

  #tell(stream: ChangeStream, version: string): void {
    if (version !== stream.seen) {
      if (send(stream, frame('changed', { version }))) stream.seen = version;
    } else if (this.#ticks % TICKS_A_BEAT === 0) send(stream, ': here\n\n');
  }
}
