/** A request as any HTTP server can hand it over. */
export interface AcmeHttpRequest {
  readonly method: string;
  /** The request target as it came: path and query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The client's address, normalized. */
  readonly remoteAddress: string;
}

/** The answer, complete but for what the HTTP server adds itself (Date, Content-Length). */
export interface AcmeHttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Also for HEAD: it is for the HTTP server to leave it out, and to say how long it would be. */
  readonly body: string | Uint8Array;
}

/** What a resource answers with, before the headers that every answer has. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Link header values (RFC 8288), beside `index`. */
  readonly links?: readonly string[];
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead of JSON. */
  readonly text?: { readonly type: string; readonly body: string };
}

export function link(url: string, relation: string): string {
  return `<${url}>;rel="${relation}"`;
}
