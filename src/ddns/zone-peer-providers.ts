import { Injectable, type OnModuleDestroy, type OnModuleInit, type Provider } from '@nestjs/common';

import { APP_CONFIG, type AppConfig } from '../platform/config/app-config.js';
import { SecretBox } from '../platform/security/secret-box.js';
import { AnswerEngine } from './answering/answer-engine.js';
import { synthesizedAddresses } from './answering/synthesized-addresses.js';
import { MessageHooks } from './listeners/message-hooks.js';
import { IncomingNotifyHook } from './notify/incoming-notify-hook.js';
import { Notifier } from './notify/notifier.js';
import { PeerSocket } from './notify/peer-socket.js';
import { SecondaryGate } from './notify/secondary-gate.js';
import { SecondaryProbe } from './notify/secondary-probe.js';
import { protectiveGate } from './rate-limit/configured-gate.js';
import { cookieSecret } from './rate-limit/cookie-secret.js';
import { ProtectiveGate } from './rate-limit/protective-gate.js';
import { ServedZones } from './store/served-zones.js';
import { Authenticator } from './transfer/authentication.js';
import { Secondaries } from './transfer/secondaries.js';
import { SignedQueryHook } from './transfer/signed-query-hook.js';
import { TransferHook } from './transfer/transfer-hook.js';
import { TsigKeys } from './transfer/tsig-keys.js';
import { ZonePeers } from './transfer/zone-peers.js';
import { AppliedUpdates } from './update/applied-updates.js';
import { UpdateHook } from './update/update-hook.js';
import { UpdateWriter } from './update/update-writer.js';
import { ZoneUpdates } from './update/zone-updates.js';

/** Puts the handlers of messages that are no ordinary queries in their place, and lets go of the socket in the end. */
@Injectable()
export class ZonePeerHooks implements OnModuleInit, OnModuleDestroy {
  constructor(
    private readonly hooks: MessageHooks,
    private readonly transfers: TransferHook,
    private readonly signedQueries: SignedQueryHook,
    private readonly notifications: IncomingNotifyHook,
    private readonly updates: UpdateHook,
    private readonly socket: PeerSocket,
  ) {}

  onModuleInit(): void {
    for (const hook of [this.transfers, this.signedQueries, this.notifications, this.updates]) this.hooks.add(hook);
  }

  async onModuleDestroy(): Promise<void> {
    await this.socket.close();
  }
}

/** The gate of the main process; each process that answers has its part of the limit. */
function mainGate({ dns }: AppConfig, secrets: SecretBox): ProtectiveGate {
  const { responsesPerSecond, limitsLoopback, workers } = dns;
  return protectiveGate({
    limitsLoopback,
    secretOf: (period) => cookieSecret(secrets, period),
    ...(responsesPerSecond !== undefined && { responsesPerSecond: responsesPerSecond / workers }),
  });
}

/** Who talks to our DNS beside resolvers: secondaries, clients that update, and those that have to be held back. */
export const ZONE_PEER_PROVIDERS: Provider[] = [
  { provide: ProtectiveGate, inject: [APP_CONFIG, SecretBox], useFactory: mainGate },
  { provide: PeerSocket, inject: [APP_CONFIG], useFactory: (config: AppConfig) => new PeerSocket(config.dns.listen) },
  ZonePeers,
  Authenticator,
  TsigKeys,
  SecondaryProbe,
  Secondaries,
  SecondaryGate,
  Notifier,
  TransferHook,
  {
    provide: SignedQueryHook,
    inject: [ServedZones, Authenticator, APP_CONFIG],
    useFactory: ({ zones }: ServedZones, authenticator: Authenticator, config: AppConfig) =>
      new SignedQueryHook(new AnswerEngine(zones, synthesizedAddresses(config)), authenticator),
  },
  IncomingNotifyHook,
  UpdateWriter,
  ZoneUpdates,
  AppliedUpdates,
  UpdateHook,
  ZonePeerHooks,
];

/** What other modules use of them. */
export const ZONE_PEER_EXPORTS = [TsigKeys, Secondaries, SecondaryGate];
