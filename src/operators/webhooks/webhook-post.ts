import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import { isForbiddenTarget } from '../domain/webhook-target.js';

/** For everything: name, connection, TLS, answer. */
const TIMEOUT_MILLISECONDS = 10_000;
/** More of an answer is not read: only its status matters. */
const MOST_ANSWER_OCTETS = 64 * 1024;

/** Nobody took the delivery; the message says why. */
export class WebhookPostError extends Error {
  override readonly name = 'WebhookPostError';
}

/**
 * Sends one POST. Redirects are not followed: a receiver must not choose where our request goes. The address that was
 * looked at is the one that is connected to, so that a name cannot change its mind in between.
 * @returns the answer's status
 * @throws WebhookPostError when there is none
 */
export function postWebhook(target: string, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = new URL(target);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && isForbiddenTarget(host)) {
      reject(new WebhookPostError(`${host} is no address for a webhook`));
      return;
    }
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
      lookup: guardedLookup,
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    request.on('error', (error) => reject(new WebhookPostError(wordsOf(error))));
    request.on('response', (answer) => {
      const status = answer.statusCode ?? 0;
      let octets = 0;
      answer.on('data', (chunk: Buffer) => {
        octets += chunk.length;
        if (octets > MOST_ANSWER_OCTETS) answer.destroy();
      });
      // The status is known by now, whatever becomes of the rest.
      answer.on('error', () => resolve(status));
      answer.on('close', () => resolve(status));
    });
    request.end(body);
  });
}

const guardedLookup: LookupFunction = (name, options, callback) => {
  dnsLookup(name, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) {
      callback(error, '');
      return;
    }
    const allowed = addresses.filter(({ address }) => !isForbiddenTarget(address));
    const first = allowed[0];
    if (!first) callback(new Error(`${name} leads to no address for a webhook`), '');
    else if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};

function wordsOf(error: Error & { code?: string }): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') {
    return `no answer within ${TIMEOUT_MILLISECONDS / 1000} seconds`;
  }
  // A connection to several addresses fails with all their errors, and no words of its own.
  return error.message || (error.code ?? 'the connection failed');
}
