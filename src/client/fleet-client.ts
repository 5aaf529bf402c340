import createClient, { type Client } from 'openapi-fetch';

import type { components, paths } from './api-types.js';

/** Bodies and answers of the API, by the names that openapi.json gives them. */
export type Schemas = components['schemas'];

/** The API's calls: `GET('/v1/devices', { params: { query: { group: 'rack-1' } } })` and so on, each with its types. */
export type FleetClient = Client<paths>;

export interface FleetClientOptions {
  /** Base URL of the server, such as `https://devices.example.com`. */
  readonly url: string;
  /** A device's or an operator's credential; absent for calls that need none. */
  readonly token?: string;
  /** How long an answer may take to begin; default 30 s. Exports and the event stream go on as long as they do. */
  readonly timeoutMilliseconds?: number;
  /** In place of the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

const PATIENCE_MILLISECONDS = 30_000;

/**
 * A client whose paths, parameters, bodies and answers are checked by the compiler against openapi.json.
 * Its calls resolve to `{data, response}`, or to `{error, response}` with the problem document of a refusal; they reject
 * when the server cannot be reached.
 */
export function createFleetClient(options: FleetClientOptions): FleetClient {
  const { url, token, timeoutMilliseconds = PATIENCE_MILLISECONDS, fetch: send = globalThis.fetch } = options;
  return createClient<paths>({
    baseUrl: url.replace(/\/+$/, ''),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    // A redirect would change POST to GET: the caller has to learn of it.
    redirect: 'error',
    fetch: (request) => sendInTime(send, request, timeoutMilliseconds),
  });
}

async function sendInTime(
  send: (request: Request) => Promise<Response>,
  request: Request,
  milliseconds: number,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('no answer in time', 'TimeoutError')), milliseconds);
  try {
    return await send(new Request(request, { signal: AbortSignal.any([request.signal, late.signal]) }));
  } finally {
    clearTimeout(timer);
  }
}

/** One page of a list. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Every item of a list, page after page. @param read the page at the cursor; undefined: the first one */
export async function* everyItem<Item>(
  read: (cursor: string | undefined) => Promise<ListPage<Item>>,
): AsyncGenerator<Item, void, void> {
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await read(cursor);
    yield* items;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
}
