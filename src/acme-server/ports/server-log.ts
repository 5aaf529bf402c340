/** Where the server tells its operator what happened. Never given a secret. */
export interface ServerLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, cause: unknown): void;
}

export const SILENT_LOG: ServerLog = { info: () => undefined, error: () => undefined };
