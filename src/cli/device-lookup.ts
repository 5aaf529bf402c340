import type { Schemas } from '../client/fleet-client.js';
import { CommandError } from './exit-codes.js';
import { plainText } from './plain-text.js';
import type { ServerClient } from './server-client.js';

type Device = Schemas['DeviceItem'];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SEARCHED = 100;

/** The device with this id, name, label, hardware id or address. @throws CommandError when there is not exactly one */
export async function findDevice(server: ServerClient, text: string): Promise<Device> {
  if (UUID.test(text)) {
    return server.answer(server.api.GET('/v1/devices/{id}', { params: { path: { id: text } } }));
  }
  const query = { q: text, limit: SEARCHED };
  const { items } = await server.answer(server.api.GET('/v1/devices', { params: { query } }));
  const wanted = text.toLowerCase().replace(/\.$/, '');
  const same = items.filter((device) => namesOf(device).includes(wanted));
  if (same.length === 1) return same[0]!;
  const shown = plainText(text);
  throw new CommandError(
    same.length > 1
      ? `There is more than one device ${shown}; say its id.`
      : `There is no device ${shown}; fleetcert devices list --search TEXT looks for parts of a name.`,
  );
}

function namesOf({ name, label, hardwareId, addresses }: Device): string[] {
  return [name, label, ...(hardwareId === null ? [] : [hardwareId]), ...addresses].map((one) => one.toLowerCase());
}
