import { DomainError } from '../kernel/errors.js';

/** What a change of the zone was made from. */
export interface DeviceNamesSeen {
  readonly wildcard: boolean;
  readonly aliases?: readonly string[];
}

/** The device was changed between the look at it and the writing: to be done again from what it is now. */
export class DeviceChangedError extends DomainError {
  constructor() {
    super('unavailable', 'The device was changed by somebody else at the same moment; try again.', {
      retryAfterSeconds: 1,
    });
  }
}

const ATTEMPTS = 5;

/** Does what looks at a device and then changes it; again when the device was changed in between. */
export async function onCurrentDevice<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof DeviceChangedError) || attempt === ATTEMPTS) throw error;
    }
  }
}
