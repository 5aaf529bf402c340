import { describe, expect, it } from 'vitest';

import { AcmeProblemError, type AcmeAuthorization, type AcmeCa, AcmeUnreachableError } from '../acme/acme-ca.js';
import type { AccountKey } from './account-keys.js';
import { RekeyedCa } from './rekeyed-ca.js';

const AUTHORIZATION = 'https://ca.test/authz/1';
const CHALLENGE = 'https://ca.test/chall/1';

const aKey = (name: string): AccountKey => ({ pem: name, spkiSha256: name });

/** A CA that takes the signatures of one key, and says of its authorization what the test wants. */
class OneKeyCa {
  key = 'old';
  status: AcmeAuthorization['status'] = 'pending';
  readonly answeredBy: string[] = [];
  requests = 0;

  account(key: string): AcmeCa {
    const signed = <Result>(result: () => Result): Promise<Result> => {
      this.requests += 1;
      if (key === this.key) return Promise.resolve(result());
      return Promise.reject(new AcmeProblemError({ type: 'malformed', detail: 'JWS verification error' }, 400));
    };
    return {
      directoryUrl: 'https://ca.test/directory',
      accountUrl: 'https://ca.test/acct/1',
      getAuthorization: () => signed(() => this.#authorization(key)),
      completeChallenge: () => signed(() => void this.answeredBy.push(key)),
      deactivateAuthorization: () =>
        this.status === 'pending'
          ? Promise.reject(new AcmeUnreachableError('away'))
          : Promise.reject(new AcmeProblemError({ type: 'malformed', detail: 'it is not pending' }, 400)),
    } as Partial<AcmeCa> as AcmeCa;
  }

  #authorization(key: string): AcmeAuthorization {
    const { status } = this;
    const dnsChallenge = { url: CHALLENGE, status: 'pending' as const, token: 't', txtValue: `text of ${key}` };
    return { url: AUTHORIZATION, status, name: 'a.test', wildcard: false, dnsChallenge };
  }
}

function anAccount(): { readonly server: OneKeyCa; readonly ca: RekeyedCa; change(): void; lookUps(): number } {
  const server = new OneKeyCa();
  let present = 'old';
  let lookUps = 0;
  const ca = new RekeyedCa(
    {
      open: ({ pem }) => server.account(pem),
      presentKey: () => {
        lookUps += 1;
        return Promise.resolve(aKey(present));
      },
    },
    aKey('old'),
  );
  const change = (): void => void (server.key = present = 'new');
  return { server, ca, change, lookUps: () => lookUps };
}

describe('RekeyedCa', () => {
  it('signs a refused request anew with the key that the account has by then, once', async () => {
    const { server, ca, change } = anAccount();
    change();
    expect((await ca.getAuthorization(AUTHORIZATION)).dnsChallenge?.txtValue).toBe('text of new');
    expect(server.requests).toBe(2);
    expect(ca.keySpkiSha256).toBe('new');
  });

  it('looks the key up once for many requests that are refused at once', async () => {
    const { ca, change, lookUps } = anAccount();
    change();
    await Promise.all(Array.from({ length: 20 }, () => ca.getAuthorization(AUTHORIZATION)));
    expect(lookUps()).toBe(1);
  });

  it('gives the refusal on when the key is the one that counts, and asks nobody after other failures', async () => {
    const { server, ca, lookUps } = anAccount();
    await expect(ca.deactivateAuthorization(AUTHORIZATION)).rejects.toBeInstanceOf(AcmeUnreachableError);
    expect(lookUps()).toBe(0);
    server.status = 'valid';
    await expect(ca.deactivateAuthorization(AUTHORIZATION)).rejects.toMatchObject({ message: /it is not pending/ });
    expect(lookUps()).toBe(1);
  });

  it('does not tell the CA to look for the TXT record of an old key, whoever has noticed the change', async () => {
    for (const noticed of [true, false]) {
      const { server, ca, change } = anAccount();
      await ca.getAuthorization(AUTHORIZATION);
      change();
      if (noticed) await ca.refresh();
      await expect(ca.completeChallenge(CHALLENGE)).rejects.toMatchObject({
        name: 'AccountKeyChangedError',
        orderIsLost: false,
      });
      await ca.getAuthorization(AUTHORIZATION);
      await ca.completeChallenge(CHALLENGE);
      expect(server.answeredBy).toEqual(['new']);
    }
  });

  it('blames no device for a look-up that failed because the key was changed under it', async () => {
    const { server, ca, change } = anAccount();
    await ca.getAuthorization(AUTHORIZATION);
    await ca.completeChallenge(CHALLENGE);
    change();
    server.status = 'invalid';
    await expect(ca.getAuthorization(AUTHORIZATION)).rejects.toMatchObject({
      name: 'AccountKeyChangedError',
      orderIsLost: true,
    });
  });

  it('shows a look-up that failed under the key that it was asked for with', async () => {
    const { server, ca } = anAccount();
    await ca.getAuthorization(AUTHORIZATION);
    await ca.completeChallenge(CHALLENGE);
    server.status = 'invalid';
    expect(await ca.getAuthorization(AUTHORIZATION)).toMatchObject({ status: 'invalid' });
  });
});
