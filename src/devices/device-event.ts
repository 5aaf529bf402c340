import type { EventType } from '../platform/events/event-type.js';
import type { NewEvent } from '../platform/events/record-events.js';

type DeviceEventType = Extract<
  EventType,
  | 'device.enrolled'
  | 'device.suspended'
  | 'device.resumed'
  | 'device.deleted'
  | 'device.addresses_changed'
  | 'device.clone_suspected'
>;

const MESSAGE: Record<DeviceEventType, (name: string) => string> = {
  'device.enrolled': (name) => `${name} was enrolled.`,
  'device.suspended': (name) => `${name} was suspended: it changes nothing and gets nothing new.`,
  'device.resumed': (name) => `The suspension of ${name} was ended.`,
  'device.deleted': (name) => `${name} was deleted; its name is never given out again.`,
  'device.addresses_changed': (name) => `${name} has new addresses.`,
  'device.clone_suspected': (name) =>
    `${name} uses the same key as another device: an image was cloned after its first start. Make new keys on both.`,
};

/** An event about a device. */
export function deviceEvent(
  type: DeviceEventType,
  { deviceId, name }: { readonly deviceId: string; readonly name: string },
  at: Date,
  data?: Readonly<Record<string, unknown>>,
): NewEvent {
  return { type, subject: { kind: 'device', id: deviceId, name }, message: MESSAGE[type](name), at, data };
}
