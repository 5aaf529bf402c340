import { expect, it } from 'vitest';

import { delegationLines } from './delegation-lines.js';

it('gives NS lines for every name server, and glue for those inside the zone only', () => {
  expect(
    delegationLines('d.example.com', [
      { name: 'ns1.d.example.com', addresses: ['192.0.2.53', '2001:db8::53'] },
      { name: 'ns2.example.net', addresses: ['198.51.100.53'] },
    ]),
  ).toEqual([
    'd.example.com. 3600 IN NS ns1.d.example.com.',
    'd.example.com. 3600 IN NS ns2.example.net.',
    'ns1.d.example.com. 3600 IN A 192.0.2.53',
    'ns1.d.example.com. 3600 IN AAAA 2001:db8::53',
  ]);
});
