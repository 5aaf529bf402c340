import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';

import { candidates } from './candidates.js';

const program = new Command('fleetcert');
const devices = new Command('devices').description('all of them');
devices
  .addCommand(
    new Command('list')
      .addOption(new Option('--state <state>').choices(['active', 'suspended']))
      .addOption(new Option('--watch [how]').choices(['fast', 'slow']))
      .option('--json'),
  )
  .addCommand(new Command('suspend').argument('[device...]').option('--yes'));
program.addCommand(devices).addCommand(new Command('secret'), { hidden: true });
program.addCommand(new Command('shell').addArgument(program.createArgument('<name>').choices(['bash', 'zsh'])));

const words = (line: string): string[] => candidates(program, line.split(' ')).map(({ word }) => word);

describe('candidates', () => {
  it.each([
    ['', ['devices', 'shell', 'help']],
    ['de', ['devices']],
    ['x', []],
    ['devices ', ['list', 'suspend', 'help']],
    ['devices li', ['list']],
    ['devices list --', ['--state', '--watch', '--json', '--help']],
    ['devices list --j', ['--json']],
    ['devices list --state ', ['active', 'suspended']],
    ['devices list --state s', ['suspended']],
    ['devices list --state active --js', ['--json']],
    ['devices list --watch ', ['fast', 'slow']],
    ['devices list --watch --js', ['--json']],
    ['devices suspend a ', []],
    ['devices suspend --yes a b --y', ['--yes']],
    ['shell ', ['bash', 'zsh']],
    ['shell bash ', []],
  ])('offers after "%s" what fits', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  it('tells what they mean', () => {
    expect(candidates(program, ['dev'])).toEqual([{ word: 'devices', description: 'all of them' }]);
  });
});
