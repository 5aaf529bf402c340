import type { MigrationInterface } from 'typeorm';

import { Devices1760000000001 } from './1760000000001-devices.js';
import { Zones1760000000002 } from './1760000000002-zones.js';
import { Issuer1760000000003 } from './1760000000003-issuer.js';
import { ZonePeers1760000000004 } from './1760000000004-zone-peers.js';
import { Operators1760000000005 } from './1760000000005-operators.js';
import { AcmeServer1760000000006 } from './1760000000006-acme-server.js';
import { Limits1760000000007 } from './1760000000007-limits.js';
import { DeviceAccess1760000000009 } from './1760000000009-device-access.js';
import { DnsServers1760000000010 } from './1760000000010-dns-servers.js';
import { Events1760000000008 } from './1760000000008-events.js';
import { SeveralCas1760000000011 } from './1760000000011-several-cas.js';
import { OperatorLists1760000000013 } from './1760000000013-operator-lists.js';
import { Dashboard1760000000014 } from './1760000000014-dashboard.js';
import { AccountKeys1760000000015 } from './1760000000015-account-keys.js';
import { ApiTls1760000000016 } from './1760000000016-api-tls.js';
import { Doors1760000000017 } from './1760000000017-doors.js';
import { AddressesTold1760000000018 } from './1760000000018-addresses-told.js';
import { Presumptions1760000000019 } from './1760000000019-presumptions.js';

/** Every migration, oldest first. One that is not in this list does not run. */
export const migrations: (new () => MigrationInterface)[] = [
  Devices1760000000001,
  Zones1760000000002,
  Issuer1760000000003,
  ZonePeers1760000000004,
  Operators1760000000005,
  AcmeServer1760000000006,
  Limits1760000000007,
  Events1760000000008,
  DeviceAccess1760000000009,
  DnsServers1760000000010,
  SeveralCas1760000000011,
  OperatorLists1760000000013,
  Dashboard1760000000014,
  AccountKeys1760000000015,
  ApiTls1760000000016,
  Doors1760000000017,
  AddressesTold1760000000018,
  Presumptions1760000000019,
];
