import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { addProgram, callAgent, type Shell, shells } from '../support/agent-shell.js';
import { describeWithPeers, program } from '../support/peers.js';

const IPROUTE2 = `
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
2: eth0    inet 192.168.7.4/24 brd 192.168.7.255 scope global dynamic eth0\\       valid_lft 600sec preferred_lft 600sec
2: eth0    inet 203.0.113.9/24 scope global secondary eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 fd00:7::4/64 scope global dynamic mngtmpaddr \\       valid_lft 600sec preferred_lft 600sec
2: eth0    inet6 fd00:7::dead/64 scope global temporary dynamic \\       valid_lft 600sec preferred_lft 60sec
2: eth0    inet6 fd00:7::5/64 scope global deprecated dynamic \\       valid_lft 600sec preferred_lft 0sec
2: eth0    inet6 2001:db8::4/64 scope global dynamic mngtmpaddr \\       valid_lft 600sec preferred_lft 600sec
2: eth0    inet6 fe80::4/64 scope link \\       valid_lft forever preferred_lft forever
3: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0\\       valid_lft forever preferred_lft forever
4: br-6ab1c2    inet 172.18.0.1/16 scope global br-6ab1c2\\       valid_lft forever preferred_lft forever
5: wg0    inet 100.64.3.2/32 scope global wg0\\       valid_lft forever preferred_lft forever
`;

const NET_TOOLS = `
docker0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 172.17.0.1  netmask 255.255.0.0  broadcast 172.17.255.255
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 10.1.1.4  netmask 255.255.255.0  broadcast 10.1.1.255
        inet6 fd00::4  prefixlen 64  scopeid 0x0<global>
        inet6 fe80::4  prefixlen 64  scopeid 0x20<link>
lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
`;

const BUSYBOX_IFCONFIG = `
br-lan    Link encap:Ethernet  HWaddr 02:FC:00:00:00:01
          inet addr:172.18.0.1  Bcast:172.18.255.255  Mask:255.255.0.0
eth0      Link encap:Ethernet  HWaddr 02:FC:00:00:00:01
          inet addr:10.1.1.4  Bcast:10.1.1.255  Mask:255.255.255.0
          inet6 addr: fd00::4/64 Scope:Global
          inet6 addr: fe80::4/64 Scope:Link
lo        Link encap:Local Loopback
          inet addr:127.0.0.1  Mask:255.0.0.0
`;

describe.each(shells())('the addresses found under $name', (shell) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-path-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const found = async (path: Shell = shell): Promise<string> => {
    const { stdout } = await callAgent(path, 'find_addresses', { before: folder });
    return stdout;
  };
  const says = (name: string, output: string): string => addProgram(folder, name, `cat <<'EOF'\n${output.trim()}\nEOF`);
  const missing = (name: string): string => addProgram(folder, name, 'exit 127');

  it('are the private ones by iproute2, without bridges, temporary and deprecated ones', async () => {
    says('ip', IPROUTE2);
    expect(await found()).toBe('100.64.3.2 192.168.7.4 fd00:7::4');
  });

  it('are public ones where there are no private ones', async () => {
    says('ip', IPROUTE2.replaceAll(/ (192\.168|fd00|100\.64)\S+/g, ' 198.51.100.7/24'));
    expect(await found()).toBe('198.51.100.7 2001:db8::4 203.0.113.9');
  });

  it('are link-local where there is nothing else, and never fe80::', async () => {
    says('ip', '2: eth0    inet 169.254.8.8/16 scope link eth0\n2: eth0    inet6 fe80::4/64 scope link');
    expect(await found()).toBe('169.254.8.8');
  });

  it.each([
    ['172.15.0.1', false],
    ['172.16.0.1', true],
    ['172.31.255.254', true],
    ['172.32.0.1', false],
    ['100.63.0.1', false],
    ['100.127.255.254', true],
    ['100.128.0.1', false],
    ['192.168.0.1', true],
    ['fdff::1', true],
    ['2001:db8::1', false],
  ])('count %s as private: %s', async (address, isPrivate) => {
    says('ip', `2: eth0    inet ${address}/24 scope global\n2: eth0    inet 10.0.0.1/24 scope global`);
    expect(await found()).toBe(isPrivate ? ['10.0.0.1', address].toSorted().join(' ') : '10.0.0.1');
  });

  it('are at most eight', async () => {
    const lines = Array.from({ length: 20 }, (_, n) => `2: eth0    inet 10.0.0.${n + 10}/24 scope global`);
    says('ip', lines.join('\n'));
    expect((await found()).split(' ')).toHaveLength(8);
  });

  it("are found by ifconfig where ip is missing, in the net-tools' way of writing", async () => {
    missing('ip');
    says('ifconfig', NET_TOOLS);
    expect(await found()).toBe('10.1.1.4 fd00::4');
  });

  it("are found by ifconfig where ip is missing, in busybox's way of writing", async () => {
    missing('ip');
    says('ifconfig', BUSYBOX_IFCONFIG.replace('br-lan ', 'docker0'));
    expect(await found()).toBe('10.1.1.4 fd00::4');
  });

  it('are found in /proc where neither is there', async () => {
    missing('ip');
    missing('ifconfig');
    const { stdout } = await callAgent(shell, 'addresses_by_proc', { before: folder });
    expect(stdout).toMatch(/^\? 127\.0\.0\.1$/m);
    expect((await callAgent(shell, 'find_addresses', { before: folder })).exitCode).toBe(0);
  });

  it('are none, without an error, where nothing can be asked', async () => {
    missing('ip');
    missing('ifconfig');
    missing('hostname');
    const { stdout, exitCode } = await callAgent(shell, 'addresses_by_proc() { return 1; }; find_addresses', {
      before: folder,
    });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
  });
});

describeWithPeers(['ip'], 'with the real ip', () => {
  it.each(shells())("this machine's addresses are found under $name", async (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-path-'));
    symlinkSync(program('ip'), join(folder, 'ip'));
    const { stdout } = await callAgent(shell, 'addresses_by_ip', { before: folder });
    rmSync(folder, { recursive: true });
    expect(stdout).toMatch(/^lo 127\.0\.0\.1$/m);
  });
});
