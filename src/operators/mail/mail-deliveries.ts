import { Inject, Injectable, Logger } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { DataSource } from 'typeorm';

import { Clock } from '../../kernel/clock.js';
import { APP_CONFIG, type AppConfig, type MailConfig } from '../../platform/config/app-config.js';
import { retrySeconds } from '../domain/delivery-retry.js';

/** A server that died with a mail in hand leaves it to the others after so long. */
const LEASE_SECONDS = 120;
const TIMEOUT_MILLISECONDS = 20_000;

interface DueMail {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly attempts: number;
  readonly created_at: Date;
}

/** Sends mails that are due, one after the other. */
@Injectable()
export class MailDeliveries {
  private readonly logger = new Logger(MailDeliveries.name);
  readonly #mail: MailConfig | undefined;
  readonly #transport: Transporter | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    this.#mail = config.mail;
    this.#transport = config.mail && createTransport({ url: config.mail.smtpUrl, ...TIMEOUTS });
  }

  /** Is there anybody to send mail to? */
  get isConfigured(): boolean {
    return this.#mail !== undefined;
  }

  /** @returns whether a mail was due */
  async run(): Promise<boolean> {
    const [[mail]] = await this.dataSource.query<[DueMail[], number]>(
      `UPDATE mail_messages SET attempts = attempts + 1, next_attempt_at = now() + ${LEASE_SECONDS} * interval '1 second'
        WHERE id = (SELECT id FROM mail_messages WHERE state = 'pending' AND next_attempt_at <= now()
                     ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, subject, body, attempts, created_at`,
    );
    if (!mail) return false;
    await this.#conclude(mail, await this.#send(mail));
    return true;
  }

  /** @returns undefined when the mail server took it, else why not */
  async #send(mail: DueMail): Promise<string | undefined> {
    if (!this.#mail || !this.#transport) return 'mail is not configured on this server';
    const { from, to } = this.#mail;
    try {
      await this.#transport.sendMail({
        from: { name: 'fleetcert', address: from },
        to,
        subject: mail.subject,
        text: mail.body,
        date: mail.created_at,
        // The same at every try: what arrived twice shows as one.
        messageId: `<${mail.id}@${from.slice(from.indexOf('@') + 1)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async #conclude(mail: DueMail, error: string | undefined): Promise<void> {
    const pause = error === undefined ? undefined : retrySeconds(mail.attempts, Math.random());
    const state = error === undefined ? 'delivered' : pause === undefined ? 'dead' : 'pending';
    if (error !== undefined)
      this.logger.warn({ mailId: mail.id, attempts: mail.attempts, state }, `mail not sent: ${error}`);
    await this.dataSource.query(
      `UPDATE mail_messages SET state = $2, last_error = $3, next_attempt_at = now() + $4 * interval '1 second', ended_at = $5
        WHERE id = $1`,
      [mail.id, state, error?.slice(0, 500) ?? null, pause ?? 0, state === 'pending' ? null : this.clock.now()],
    );
  }
}

const TIMEOUTS = {
  connectionTimeout: TIMEOUT_MILLISECONDS,
  greetingTimeout: TIMEOUT_MILLISECONDS,
  socketTimeout: TIMEOUT_MILLISECONDS,
};
