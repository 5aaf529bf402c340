import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readProblem } from './acme-problem.js';

const URN = 'urn:ietf:params:acme:error:';

describe('readProblem', () => {
  it('shortens the types of RFC 8555 and leaves others whole', () => {
    expect(readProblem({ type: `${URN}caa`, detail: 'no', status: 403 })).toEqual({
      type: 'caa',
      detail: 'no',
      status: 403,
    });
    expect(readProblem({ type: 'https://example.org/odd' })).toEqual({ type: 'https://example.org/odd', detail: '' });
  });

  it.each([undefined, null, 'text', 7, [], {}, { type: 7 }, { type: '' }, { detail: 'no type' }])(
    'is none: %j',
    (data) => {
      expect(readProblem(data)).toBeUndefined();
    },
  );

  it('makes spaces of control characters and cuts what is too long', () => {
    expect(readProblem({ type: 'x', detail: 'one\r\ntwo\u001b[31m' })?.detail).toBe('one two [31m');
    expect(readProblem({ type: 'x', detail: 'a'.repeat(100_000) })?.detail).toHaveLength(2000);
  });

  it('does not follow subproblems of subproblems, however deep', () => {
    let problem: object = { type: 'leaf' };
    for (let depth = 0; depth < 10_000; depth++) problem = { type: 'x', subproblems: [problem] };
    expect(readProblem(problem)).toEqual({ type: 'x', detail: '', subproblems: [{ type: 'x', detail: '' }] });
  });

  it('keeps a hundred subproblems at most, and leaves out what is none', () => {
    const many = Array.from({ length: 200 }, () => ({ type: `${URN}dns` }));
    expect(readProblem({ type: 'x', subproblems: many })?.subproblems).toHaveLength(100);
    expect(readProblem({ type: 'x', subproblems: [7, null, {}] })?.subproblems).toEqual([]);
  });

  it('reads or refuses any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const subproblems = [value, { type: 'y', identifier: value }];
        expect(readProblem({ type: 'x', detail: value, status: value, subproblems })?.type).toBe('x');
      }),
    );
  });
});
