/** What happens in the simulated world; the subject is a device's number, the generation its certificate's serial. */
export const EVENT = {
  /** The device comes and wants a certificate. */
  ask: 1,
  /** The renewal's moment has come. */
  due: 2,
  /** The device has not come for its renewal. */
  serverAsk: 3,
  plan: 4,
  newOrder: 5,
  finish: 6,
  poll: 7,
  announceRevocation: 8,
  sample: 9,
  foreign: 10,
} as const;
