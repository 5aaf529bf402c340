const ACCOUNT = '/acme/acct/';

/** The URLs of the server's resources, all below one base: `https://127.0.0.1:14000`. */
export class Urls {
  /** The part of the base that is a path, without a final slash: `` or `/acme-endpoint`. */
  readonly basePath: string;
  readonly #base: string;
  readonly #origin: string;

  /** @param base an absolute URL without a final slash */
  constructor(base: string) {
    const url = new URL(base);
    this.#origin = url.origin;
    this.basePath = url.pathname.replace(/\/+$/, '');
    this.#base = this.#origin + this.basePath;
  }

  /** The URL of a request with this target (path and query), as a client has to sign it. */
  ofTarget(target: string): string {
    return this.#origin + target;
  }

  /** `path` as in the table of routes. */
  of(path: string): string {
    return this.#base + path;
  }

  directory(): string {
    return this.of('/directory');
  }

  account(id: string): string {
    return this.of(ACCOUNT + id);
  }

  /** The id in an account URL of ours, or undefined for any other URL. */
  accountId(url: string): string | undefined {
    const prefix = this.account('');
    const id = url.startsWith(prefix) ? url.slice(prefix.length) : '';
    return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : undefined;
  }

  orders(accountId: string, cursor?: number): string {
    return `${this.account(accountId)}/orders${cursor === undefined ? '' : `?cursor=${cursor}`}`;
  }

  order(id: string): string {
    return this.of(`/acme/order/${id}`);
  }

  finalize(orderId: string): string {
    return this.of(`/acme/finalize/${orderId}`);
  }

  authorization(id: string): string {
    return this.of(`/acme/authz/${id}`);
  }

  challenge(authorizationId: string): string {
    return this.of(`/acme/chall/${authorizationId}`);
  }

  certificate(id: string, chain = 0): string {
    return this.of(`/acme/cert/${id}${chain === 0 ? '' : `/${chain}`}`);
  }
}
