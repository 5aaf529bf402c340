import type { ListenAddress } from '../../platform/config/app-config.js';
import { TYPE } from '../domain/rr-type.js';
import type { Observation } from './domain/observation.js';
import type { DnsProbe } from './dns-probe.js';

/** Looks names up through resolvers: the first that answers. */
export class NameLookup {
  constructor(
    private readonly probe: DnsProbe,
    readonly resolvers: readonly ListenAddress[],
  ) {}

  async ask(name: string, type: number): Promise<Observation> {
    let last: Observation = { kind: 'silence', reason: 'there is no resolver to ask', isOurs: true };
    for (const resolver of this.resolvers) {
      last = await this.probe.ask(resolver, { name, type, recursion: true });
      if (last.kind === 'answer' && (last.rcode === 0 || last.rcode === 3)) return last;
    }
    return last;
  }

  /** IPv4 and IPv6 addresses, through aliases too; none when it cannot be found. */
  async addresses(name: string): Promise<readonly string[]> {
    const answers = await Promise.all([this.ask(name, TYPE.A), this.ask(name, TYPE.AAAA)]);
    return answers.flatMap((answer) =>
      answer.kind === 'silence'
        ? []
        : answer.answers.filter(({ type }) => type === TYPE.A || type === TYPE.AAAA).map(({ value }) => value),
    );
  }

  /** The zone that `zone` is delegated from, and its name servers; undefined when none is found. */
  async parentOf(
    zone: string,
  ): Promise<{ readonly name: string; readonly nameServers: readonly string[] } | undefined> {
    const labels = zone.split('.');
    for (let index = 1; index < labels.length; index += 1) {
      const name = labels.slice(index).join('.');
      const answer = await this.ask(name, TYPE.NS);
      if (answer.kind === 'silence') return undefined;
      const nameServers = answer.answers.filter((r) => r.type === TYPE.NS && r.name === name).map(({ value }) => value);
      if (nameServers.length > 0) return { name, nameServers };
    }
    return undefined;
  }
}
