import { connect, type Socket } from 'node:net';

interface Exchange {
  readonly request: string;
  /** Sent on a connection that had been idle: the other side may have closed it in that moment. */
  readonly mayRetry: boolean;
  resolve(status: number): void;
  reject(reason: unknown): void;
}

/**
 * One HTTP/1.1 connection, one request at a time, each in one write. It reads status and length of an answer and no
 * more: on a machine that generator and server share, `node:http` would take a third of what the server itself takes.
 */
export class HttpLane {
  #socket: Socket | undefined;
  #received = '';
  #exchange: Exchange | undefined;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** Only when the one before was answered. @param request everything, from the request line to the last octet of the body. @returns the status. */
  send(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#begin({ request, mayRetry: this.#socket !== undefined, resolve, reject });
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #begin(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#socket ??= this.#connect();
    this.#socket.write(exchange.request);
  }

  #connect(): Socket {
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    let reason: unknown = new Error('the server closed the connection');
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error) => (reason = error));
    socket.on('close', () => {
      this.#socket = undefined;
      this.#received = '';
      const exchange = this.#exchange;
      if (!exchange) return;
      if (exchange.mayRetry) this.#begin({ ...exchange, mayRetry: false });
      else this.#end().reject(reason);
    });
    return socket;
  }

  #read(text: string): void {
    this.#received += text;
    const headers = this.#received.indexOf('\r\n\r\n');
    if (headers < 0 || !this.#exchange) return;
    const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(this.#received) ?? [];
    if (length === undefined) {
      this.#end().reject(new Error('an answer without Content-Length'));
      this.#socket?.destroy();
      return;
    }
    if (this.#received.length < headers + 4 + Number(length)) return;
    const status = Number(this.#received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    this.#received = '';
    this.#end().resolve(status);
  }

  #end(): Exchange {
    const exchange = this.#exchange!;
    this.#exchange = undefined;
    return exchange;
  }
}
