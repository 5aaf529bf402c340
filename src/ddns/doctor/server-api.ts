import type { ServerAnswer } from './domain/server-check.js';

/** The API said no, or nothing. The message is for a person. */
export class ServerApiError extends Error {
  override readonly name = 'ServerApiError';
}

export interface FixedRecordSet {
  /** Relative to the apex. */
  readonly name: string;
  readonly type: string;
  /** Seconds. */
  readonly ttl: number;
  /** In presentation format. */
  readonly values: readonly string[];
}

/** The few calls of the HTTP API that the doctor makes. */
export class ServerApi {
  constructor(
    /** Without a final slash. */
    readonly url: string,
    private readonly token: string | undefined,
    private readonly timeoutMilliseconds: number,
    private readonly now: () => Date = () => new Date(),
  ) {}

  get hasToken(): boolean {
    return this.token !== undefined;
  }

  async health(): Promise<ServerAnswer> {
    const started = this.now().getTime();
    try {
      const response = await fetch(`${this.url}/health/ready`, {
        signal: AbortSignal.timeout(this.timeoutMilliseconds),
      });
      const askedAt = new Date((started + this.now().getTime()) / 2);
      const date = new Date(response.headers.get('date') ?? Number.NaN);
      const body = (await response.json().catch(() => undefined)) as { checks?: unknown } | undefined;
      const checks = typeof body?.checks === 'object' && body.checks !== null ? body.checks : {};
      return {
        kind: 'answer',
        status: response.status,
        checks: Object.fromEntries(Object.entries(checks).map(([name, state]) => [name, String(state)])),
        date: Number.isNaN(date.getTime()) ? undefined : date,
        askedAt,
      };
    } catch (error) {
      return { kind: 'silence', reason: reasonOf(error) };
    }
  }

  async listRecords(zone: string): Promise<readonly FixedRecordSet[]> {
    const items: FixedRecordSet[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = (await this.#call(
        'GET',
        `/v1/zones/${zone}/records?limit=1000${cursor && `&cursor=${cursor}`}`,
      )) as {
        items: readonly FixedRecordSet[];
        nextCursor: string | null;
      };
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  async putRecords(zone: string, records: FixedRecordSet): Promise<void> {
    await this.#call('PUT', `/v1/zones/${zone}/records`, records);
  }

  /** Also when they are gone already. */
  async deleteRecords(zone: string, { name, type }: Pick<FixedRecordSet, 'name' | 'type'>): Promise<void> {
    const query = new URLSearchParams({ name, type });
    await this.#call('DELETE', `/v1/zones/${zone}/records?${query}`, undefined, [404]);
  }

  async #call(method: string, path: string, body?: unknown, forgiven: readonly number[] = []): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.url + path, {
        method,
        headers: {
          ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(this.timeoutMilliseconds),
      });
      text = await response.text();
    } catch (error) {
      throw new ServerApiError(reasonOf(error), { cause: error });
    }
    if (response.ok) return text === '' ? undefined : (JSON.parse(text) as unknown);
    if (forgiven.includes(response.status)) return undefined;
    throw new ServerApiError(`${method} ${path} was answered ${response.status}: ${detailOf(text)}`);
  }
}

function detailOf(text: string): string {
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it took too long';
  const { cause } = error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : error.message;
}
