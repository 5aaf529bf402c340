/** The zone's `_acme-challenge` TXT records. */
export abstract class ChallengeRecords {
  abstract publish(challenge: { name: string; value: string; orderId: string }): Promise<void>;
  abstract confirmServed(name: string, value: string): Promise<void>;
  abstract withdraw(order: { orderId: string }): Promise<void>;
}
