import { Injectable } from '@nestjs/common';

/** Resolves to undefined when all is well, else to what is missing, as a person reads it. */
export type ReadinessCheck = () => string | undefined | Promise<string | undefined>;

/** What has to be there before this server should get traffic. Modules add their checks; `/health/ready` asks them. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** Every check's name with `ok` or what is missing. */
  async report(): Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }> {
    const entries = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, (await this.run(check)) ?? 'ok'] as const),
    );
    return { ready: entries.every(([, state]) => state === 'ok'), checks: Object.fromEntries(entries) };
  }

  private async run(check: ReadinessCheck): Promise<string | undefined> {
    try {
      return await check();
    } catch {
      return 'the check failed';
    }
  }
}
