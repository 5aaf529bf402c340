/** How a run has to be made at this CA. */
export interface RunPlace {
  /** Of newOrder, as configured. */
  readonly profile?: string;
  /** The CA is a staging, of this CA: no certificate is wanted of it, only that it issues one. */
  readonly rehearsalFor?: string;
  /** How the CA is called in reasons; absent where there is but one. */
  readonly caName?: string;
}

/** Where there are several CAs, a reason says which one it is about. */
export function namingCa({ caName }: RunPlace, reason: string): string {
  return caName === undefined ? reason : `${caName}: ${reason}`;
}
