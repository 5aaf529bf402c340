import type { ListedAuditEntry } from '../audit/audit-log.js';
import type { DeviceItem } from '../devices/device-item.js';
import type { EventItem } from '../events/event-item.js';
import type { OrderItem } from '../orders/order-item.js';
import type { CsvColumns } from './export-format.js';

export const DEVICE_COLUMNS: CsvColumns<DeviceItem> = [
  ['deviceId', ({ deviceId }) => deviceId],
  ['name', ({ name }) => name],
  ['zone', ({ zone }) => zone],
  ['state', ({ state }) => state],
  ['addresses', ({ addresses }) => addresses],
  ['wildcard', ({ wildcard }) => wildcard],
  ['aliases', ({ aliases }) => aliases],
  ['hardwareId', ({ hardwareId }) => hardwareId],
  ['group', ({ group }) => group],
  ['note', ({ note }) => note],
  ['enrolledAt', ({ enrolledAt }) => enrolledAt],
  ['lastSeenAt', ({ lastSeenAt }) => lastSeenAt],
  ['cloneSuspectedAt', ({ cloneSuspectedAt }) => cloneSuspectedAt],
  ['certificateHealth', ({ certificateHealth }) => certificateHealth],
  ['certificateSerial', ({ certificate }) => certificate?.serial],
  ['certificateNotAfter', ({ certificate }) => certificate?.notAfter],
  ['certificateRenewAt', ({ certificate }) => certificate?.renewAt],
  ['orderId', ({ order }) => order?.orderId],
  ['orderStatus', ({ order }) => order?.status],
  ['orderReason', ({ order }) => order?.reason],
];

export const ORDER_COLUMNS: CsvColumns<OrderItem> = [
  ['orderId', ({ orderId }) => orderId],
  ['deviceId', ({ deviceId }) => deviceId],
  ['name', ({ name }) => name],
  ['group', ({ group }) => group],
  ['names', ({ names }) => names],
  ['status', ({ status }) => status],
  ['reasonCode', ({ reasonCode }) => reasonCode],
  ['reason', ({ reason }) => reason],
  ['estimatedAt', ({ estimatedAt }) => estimatedAt],
  ['nextAttemptAt', ({ nextAttemptAt }) => nextAttemptAt],
  ['failures', ({ failures }) => failures],
  ['manual', ({ manual }) => manual],
  ['queuedAt', ({ queuedAt }) => queuedAt],
  ['createdAt', ({ createdAt }) => createdAt],
  ['requestId', ({ requestId }) => requestId],
];

export const EVENT_COLUMNS: CsvColumns<EventItem> = [
  ['id', ({ id }) => id],
  ['createdAt', ({ createdAt }) => createdAt],
  ['type', ({ type }) => type],
  ['severity', ({ severity }) => severity],
  ['subjectKind', ({ subject }) => subject.kind],
  ['subjectId', ({ subject }) => subject.id],
  ['subjectName', ({ subject }) => subject.name],
  ['message', ({ message }) => message],
  ['data', ({ data }) => data],
];

export const AUDIT_COLUMNS: CsvColumns<ListedAuditEntry> = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => at],
  ['operatorId', ({ operatorId }) => operatorId],
  ['role', ({ role }) => role],
  ['action', ({ action }) => action],
  ['target', ({ target }) => target],
  ['details', ({ details }) => details],
  ['clientAddress', ({ clientAddress }) => clientAddress],
  ['requestId', ({ requestId }) => requestId],
  ['status', ({ status }) => status],
  ['outcome', ({ outcome }) => outcome],
];
