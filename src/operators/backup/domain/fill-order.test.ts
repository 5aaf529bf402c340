import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fillOrder } from './fill-order.js';

describe('fillOrder', () => {
  it('puts each table after those that it refers to, and the others by name', () => {
    const references = [
      { table: 'a', target: 'c' },
      { table: 'c', target: 'b' },
      { table: 'c', target: 'left-out' },
    ];
    expect(fillOrder(['d', 'a', 'c', 'b'], references)).toEqual(['b', 'd', 'c', 'a']);
  });

  it('keeps every reference that has no circle', () => {
    const pairs = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 });
    fc.assert(
      fc.property(pairs, (list) => {
        // From a higher number to a lower one only: no circle.
        const references = list.flatMap(([one, other]) =>
          one === other ? [] : [{ table: `t${Math.max(one, other)}`, target: `t${Math.min(one, other)}` }],
        );
        const tables = Array.from({ length: 10 }, (_, index) => `t${index}`);
        const order = fillOrder(tables, references);
        expect(order.toSorted()).toEqual(tables);
        for (const { table, target } of references) expect(order.indexOf(target)).toBeLessThan(order.indexOf(table));
      }),
    );
  });

  it('refuses a circle, naming it', () => {
    const circle = [
      { table: 'a', target: 'b' },
      { table: 'b', target: 'a' },
    ];
    expect(() => fillOrder(['a', 'b', 'c'], circle)).toThrow('a, b');
    expect(() => fillOrder(['a'], [{ table: 'a', target: 'a' }])).toThrow('circle');
  });
});
