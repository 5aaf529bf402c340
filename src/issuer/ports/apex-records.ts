export abstract class ApexRecords {
  abstract setCaa(zone: string, values: readonly string[]): Promise<void>;
}
