import { describe, expect, it } from 'vitest';

import { WireFormatError } from './rr-reader-error.js';
import { encodeMessage } from './rr-encoder.js';
import { signTsigRequest, TSIG_ERRORS, type TsigVerdict, verifyTsigAnswer, verifyTsigRequest } from './tsig.js';
import { type TsigAlgorithm, TSIG_ALGORITHMS, type TsigKey, TSIG_MAC_OCTETS, tsigKey } from './tsig-key.js';
import { tsigMac } from './tsig-mac.js';
import { appendTsig, findTsig, type TsigRecord } from './tsig-record.js';

const KEY_NAME = '\x08transfer\x05fleet\x04test\0';
const APEX = '\x05fleet\x04test\0';
const NOW = 1_800_000_000;

/** Made by dnspython 2.3: an AXFR query, its answer with REFUSED, and an answer of three messages. */
const VECTORS: readonly {
  readonly algorithm: TsigAlgorithm;
  readonly request: string;
  readonly answerMac: string;
  readonly streamMacs: readonly string[];
}[] = [
  {
    algorithm: 'hmac-sha256',
    request:
      '12340100000100000000000105466c65657404546573740000fc0001085472616e73666572c00c00fa00ff00000000003d0b686d61632d7368613235360000006b49d200012c002076965d1a2354382a4939e4c121b2990cc67938a571d82af4075a83b5847ef8b8123400000000',
    answerMac: '6c82e424be4c3dffbe23d9b0d909d9e36d21b03e1bb9c35ec35ef4e8c079e9fa',
    streamMacs: [
      '16be202df127ae014b52559b32b726b2cb3a6c5784f42d21900b7bb10bb642fb',
      '965a05027c7d020345e1c8b45ea59410bec429da28ac5c70f3cfb53a30fdaf08',
      '2ce55bb21cf7143740692a2d6a1d759bb8ecef99b5dda07f266890824f084fc8',
    ],
  },
  {
    algorithm: 'hmac-sha384',
    request:
      '12340100000100000000000105466c65657404546573740000fc0001085472616e73666572c00c00fa00ff00000000004d0b686d61632d7368613338340000006b49d200012c003070030b50fe23ae3890866359d8605abe694321c4842b16eab1d20ae23b1f5693bf4a637cef3ceb5210a701851f60dbcc123400000000',
    answerMac: 'd11d588a46be21f2bd23b9c3f8c95efc7d9d0bf24bf52ced3c1a7fba4e78634aede0a76c0edfc8cca85617a6e3ed3b3f',
    streamMacs: [
      '0a65f24099fb02bcf2a5428072278bb9e42637443ceefabfc7c4d90ade032d1fed989437013ab8448475abda8acb6193',
      '4c201ccf03044cff8511700be514d0c696abb7e0c97d25de7a9e0f963ee0f4ca50d784378310130d621853e18fb920a0',
      'c231e5073dee83469c6d38a5be0ed4eb3a4db6485435fa21c602d2558d7286928c1030baaf2a22d1cc292569e3f4805a',
    ],
  },
  {
    algorithm: 'hmac-sha512',
    request:
      '12340100000100000000000105466c65657404546573740000fc0001085472616e73666572c00c00fa00ff00000000005d0b686d61632d7368613531320000006b49d200012c004034afabd7ee8e8e96490c90b29cb45adb99277311f1cf8e28638c93ef235c51dcb62484b0f62bb7649c2418791ef6277a4414c1bf0095cf3af7e6b230931df270123400000000',
    answerMac:
      '3554981b55563eb2ca785045aa69c6eeadfc258263e2eab7e5743f8838a329e634affb841e669ecb4e7001f77926adba33693196fd01e2cf729e362fbd06bf84',
    streamMacs: [
      '9a85f672a0857d0455df05cf79908ca913ffef2486de29ff6837c97ed9b573d0530aae6a4e6590fdc039857e3a9e0b6660dfa9f5d63eacb89abc737bd3d93452',
      '8f0c136f6063e82ac3c984d6ec6006246b685811e0dab28a7ae373a99b818b5b9500cecb26f99df6b24863ce37467314a45660bc6725ccd6ff4a67334e9b2c44',
      'b912e51dc309e069c7d866d89746653eadb1b3dbac2c7985a741709bde88edf09bf7b05bdbae3eca254c2fd7ab5dfa93d677b6468eb9594a2ad8a2b2bcdfe82f',
    ],
  },
];

function aKey(algorithm: TsigAlgorithm = 'hmac-sha256', name = KEY_NAME): TsigKey {
  return tsigKey(
    name,
    algorithm,
    Uint8Array.from({ length: TSIG_MAC_OCTETS[algorithm] }, (_, index) => index),
  );
}

function aMessage(flags = 0x0100, name = APEX): Buffer {
  return encodeMessage({ id: 0x1234, flags, questions: [{ name, type: 252, class: 1 }] });
}

function verify(message: Buffer, now = NOW, key: TsigKey | undefined = aKey()): TsigVerdict {
  return verifyTsigRequest(message, (name) => (name === key.name ? key : undefined), now);
}

function tsigOf(message: Buffer): TsigRecord {
  const found = findTsig(message);
  if (!found) throw new Error('The message has no TSIG record.');
  return found.record;
}

/** A request whose record is as `change` makes it, with a MAC that is right for it. */
function signedWith(change: Partial<TsigRecord>, macOctets?: number): Buffer {
  const key = aKey();
  const { mac: _, ...record } = { ...tsigOf(signTsigRequest(aMessage(), key, NOW).message), ...change };
  const mac = change.mac ?? tsigMac(key, { message: aMessage(), record });
  return appendTsig(aMessage(), { ...record, mac: mac.subarray(0, macOctets) });
}

describe.each(VECTORS)('TSIG $algorithm beside dnspython', ({ algorithm, request, answerMac, streamMacs }) => {
  const key = aKey(algorithm);

  it('verifies a request whose names are compressed and in mixed case', () => {
    expect(verify(Buffer.from(request, 'hex'), NOW, key)).toMatchObject({ kind: 'verified', key });
  });

  it('signs an answer', () => {
    const verdict = verify(Buffer.from(request, 'hex'), NOW, key);
    if (verdict.kind !== 'verified') throw new Error(verdict.kind);
    const answer = aMessage(0x8105, '\x05Fleet\x04Test\0');
    const signed = verdict.answerer.sign(answer, NOW);
    expect(tsigOf(signed).mac.toString('hex')).toBe(answerMac);
    expect(signed).toHaveLength(answer.length + verdict.answerer.octets);
  });

  it('signs each message of a stream with the MAC of the one before', () => {
    const verdict = verify(Buffer.from(request, 'hex'), NOW, key);
    if (verdict.kind !== 'verified') throw new Error(verdict.kind);
    const macs = streamMacs.map(() => tsigOf(verdict.answerer.sign(aMessage(0x8400), NOW)).mac.toString('hex'));
    expect(macs).toEqual(streamMacs);
  });
});

describe('TSIG of requests', () => {
  it('is absent from a message without it', () => {
    expect(verify(aMessage())).toEqual({ kind: 'absent' });
  });

  it.each([...TSIG_ALGORITHMS])('signs and verifies a request and its answer with %s', (algorithm) => {
    const key = aKey(algorithm);
    const request = signTsigRequest(aMessage(), key, NOW);
    const verdict = verify(request.message, NOW + 300, key);
    if (verdict.kind !== 'verified') throw new Error(verdict.kind);
    const answer = verdict.answerer.sign(aMessage(0x8400), NOW);
    expect(verifyTsigAnswer(answer, key, request, NOW)).toBe(true);
    expect(verifyTsigAnswer(answer, key, request, NOW + 301)).toBe(false);
    expect(verifyTsigAnswer(answer, aKey(algorithm, '\x05other\0'), request, NOW)).toBe(false);
    expect(verifyTsigAnswer(answer, key, signTsigRequest(aMessage(), key, NOW + 1), NOW)).toBe(false);
    expect(verifyTsigAnswer(aMessage(0x8400), key, request, NOW)).toBe(false);
  });

  it('uses the original id where a forwarder has changed the id', () => {
    const { message } = signTsigRequest(aMessage(), aKey(), NOW);
    message.writeUInt16BE(0x4321, 0);
    expect(verify(message).kind).toBe('verified');
  });

  it.each([
    ['an unknown key', aKey('hmac-sha256', '\x05other\0')],
    ['another algorithm than the key has', aKey('hmac-sha512')],
  ])('%s is BADKEY, unsigned', (_, key) => {
    const request = signTsigRequest(aMessage(), aKey(), NOW).message;
    const verdict = verify(request, NOW, key);
    expect(verdict).toMatchObject({ kind: 'refused', error: 'BADKEY' });
    expectUnsigned(verdict, 'BADKEY');
  });

  it('a changed octet of the MAC is BADSIG, unsigned', () => {
    const verdict = verify(signedWith({ mac: Buffer.alloc(32) }));
    expect(verdict).toMatchObject({ kind: 'refused', error: 'BADSIG' });
    expectUnsigned(verdict, 'BADSIG');
  });

  it('a changed octet anywhere but in the id is never verified', () => {
    const request = signTsigRequest(aMessage(), aKey(), NOW).message;
    const outcomes = Array.from(request, (octet, at) => {
      const changed = Buffer.from(request);
      changed[at] = octet ^ 1;
      return outcomeOf(changed);
    });
    // The id itself is not signed, the original id in the record is.
    expect(outcomes.slice(0, 2)).toEqual(['verified', 'verified']);
    expect(outcomes.slice(2)).not.toContain('verified');
    const mac = request.length - 6 - 32;
    expect(new Set(outcomes.slice(mac, mac + 32))).toEqual(new Set(['BADSIG']));
  });

  it.each([
    ['late by the fudge', NOW + 300, 'verified'],
    ['later than the fudge', NOW + 301, 'refused'],
    ['early by the fudge', NOW - 300, 'verified'],
    ['earlier than the fudge', NOW - 301, 'refused'],
  ])('%s is %s', (_, now, kind) => {
    expect(verify(signTsigRequest(aMessage(), aKey(), NOW).message, now).kind).toBe(kind);
  });

  it("answers BADTIME signed, with the client's time, and ours as other data", () => {
    const key = aKey();
    const request = signTsigRequest(aMessage(), key, NOW - 1000);
    const verdict = verify(request.message);
    expect(verdict).toMatchObject({ kind: 'refused', error: 'BADTIME' });
    if (verdict.kind !== 'refused') throw new Error(verdict.kind);
    const answer = verdict.answerer.sign(aMessage(0x8409), NOW);
    expect(answer).toHaveLength(aMessage().length + verdict.answerer.octets);
    const { mac, ...record } = tsigOf(answer);
    expect(record).toMatchObject({ error: TSIG_ERRORS.BADTIME, timeSigned: NOW - 1000, fudge: 300 });
    expect(record.otherData.readUIntBE(0, 6)).toBe(NOW);
    expect(mac).toEqual(tsigMac(key, { message: aMessage(0x8409), record, priorMac: request.mac }));
    expect(verifyTsigAnswer(answer, key, request, NOW - 1000)).toBe(false);
  });

  it('answers BADTRUNC signed to a MAC that is shorter than the policy wants', () => {
    const verdict = verify(signedWith({}, 16));
    expect(verdict).toMatchObject({ kind: 'refused', error: 'BADTRUNC' });
    if (verdict.kind !== 'refused') throw new Error(verdict.kind);
    const { mac, ...record } = tsigOf(verdict.answerer.sign(aMessage(0x8409), NOW));
    const priorMac = tsigOf(signedWith({}, 16)).mac;
    expect(record.error).toBe(TSIG_ERRORS.BADTRUNC);
    expect(mac).toEqual(tsigMac(aKey(), { message: aMessage(0x8409), record, priorMac }));
  });

  it('accepts a truncated MAC where the policy allows it, and still compares it', () => {
    const policy = { minimumMacOctets: (full: number) => full / 2 };
    expect(verifyTsigRequest(signedWith({}, 16), () => aKey(), NOW, policy).kind).toBe('verified');
    const changed = signedWith({ mac: Buffer.alloc(16) });
    expect(verifyTsigRequest(changed, () => aKey(), NOW, policy)).toMatchObject({ error: 'BADSIG' });
  });

  it.each([
    ['hmac-sha256', 15],
    ['hmac-sha256', 33],
    ['hmac-sha256', 0],
    ['hmac-sha384', 23],
    ['hmac-sha512', 31],
    ['hmac-sha512', 65],
  ] as const)('a MAC of %s with %i octets is a format error', (algorithm, octets) => {
    const record = tsigOf(signTsigRequest(aMessage(), aKey(algorithm), NOW).message);
    const message = appendTsig(aMessage(), { ...record, mac: Buffer.alloc(octets) });
    expect(() => verify(message, NOW, aKey(algorithm))).toThrow(WireFormatError);
  });

  it('the time is checked only after the MAC', () => {
    expect(verify(signedWith({ timeSigned: NOW - 9999, mac: Buffer.alloc(32) }))).toMatchObject({ error: 'BADSIG' });
  });

  const record = tsigOf(signTsigRequest(aMessage(), aKey(), NOW).message);
  const twice = appendTsig(appendTsig(aMessage(), record), record);
  const notLast = Buffer.concat([appendTsig(aMessage(), record), Buffer.of(0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0)]);
  notLast.writeUInt16BE(2, 10);
  const classIn = appendTsig(aMessage(), record);
  classIn.writeUInt16BE(1, aMessage().length + KEY_NAME.length + 2);
  const withTtl = appendTsig(aMessage(), record);
  withTtl.writeUInt32BE(1, aMessage().length + KEY_NAME.length + 4);
  const longMac = appendTsig(aMessage(), record);
  longMac.writeUInt16BE(200, aMessage().length + KEY_NAME.length + 10 + record.algorithmName.length + 8);
  const longOther = appendTsig(aMessage(), record);
  longOther.writeUInt16BE(1, longOther.length - 2);

  it.each([
    ['two TSIG records', twice],
    ['TSIG that is not last', notLast],
    ['TSIG of class IN', classIn],
    ['TSIG with a TTL', withTtl],
    ['a MAC longer than its record', longMac],
    ['other data longer than its record', longOther],
    ['octets behind it', Buffer.concat([appendTsig(aMessage(), record), Buffer.of(0)])],
  ])('%s is a format error', (_, message) => {
    expect(() => verify(message)).toThrow(WireFormatError);
  });
});

function outcomeOf(message: Buffer): string {
  try {
    const verdict = verify(message);
    return verdict.kind === 'refused' ? verdict.error : verdict.kind;
  } catch (error) {
    if (error instanceof WireFormatError) return 'FORMERR';
    throw error;
  }
}

function expectUnsigned(verdict: TsigVerdict, error: 'BADKEY' | 'BADSIG'): void {
  if (verdict.kind !== 'refused') throw new Error(verdict.kind);
  const answer = verdict.answerer.sign(aMessage(0x8409), NOW);
  expect(answer).toHaveLength(aMessage().length + verdict.answerer.octets);
  expect(tsigOf(answer)).toMatchObject({ error: TSIG_ERRORS[error], timeSigned: NOW, mac: Buffer.alloc(0) });
}
