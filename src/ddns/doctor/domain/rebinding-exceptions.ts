/** How one kind of router or resolver is told to let private addresses through for our zone. */
export interface RebindingException {
  readonly product: string;
  /** Does it filter when nobody has touched the setting? */
  readonly filtersByDefault: boolean;
  /** Where to go. */
  readonly where: string;
  /** What to enter there, a line an entry. */
  readonly lines: readonly string[];
}

/**
 * Rebinding protection drops answers with private addresses from the internet, which ours are. The one table of what
 * to do about it: the doctor prints it, and the dashboard's self-check shows it.
 * @param zone without the final dot
 */
export function rebindingExceptions(zone: string): readonly RebindingException[] {
  return [
    {
      product: 'FRITZ!Box',
      filtersByDefault: true,
      where: 'Home Network > Network > Network Settings > More settings > DNS Rebind Protection: enter as an exception',
      lines: [zone],
    },
    {
      product: 'OpenWrt',
      filtersByDefault: true,
      where: 'Network > DHCP and DNS > Domain whitelist; or on the command line',
      lines: [
        `uci add_list dhcp.@dnsmasq[0].rebind_domain='${zone}'`,
        'uci commit dhcp',
        '/etc/init.d/dnsmasq restart',
      ],
    },
    {
      product: 'pfSense',
      filtersByDefault: true,
      where:
        'Services > DNS Resolver > General Settings > Custom options (with the DNS Forwarder instead: rebind-domain-ok as for dnsmasq)',
      lines: ['server:', `private-domain: "${zone}"`],
    },
    {
      product: 'OPNsense',
      filtersByDefault: true,
      where: 'Services > Unbound DNS > Advanced > Private Domains: add',
      lines: [zone],
    },
    {
      product: 'dnsmasq',
      filtersByDefault: false,
      where: 'dnsmasq.conf, where stop-dns-rebind is set',
      lines: [`rebind-domain-ok=/${zone}/`],
    },
    {
      product: 'Unbound',
      filtersByDefault: false,
      where: 'unbound.conf, where private-address is set',
      lines: ['server:', `  private-domain: "${zone}"`],
    },
    {
      product: 'Pi-hole',
      filtersByDefault: false,
      where:
        'Settings > All settings > Miscellaneous > misc.dnsmasq_lines (before version 6: a file in /etc/dnsmasq.d); the resolver behind it may filter too',
      lines: [`rebind-domain-ok=/${zone}/`],
    },
    {
      product: 'UniFi gateway',
      filtersByDefault: false,
      where:
        'We know of no list of exceptions in its pages. Turn off content filtering and DNS Shield for the network to see which of them filters, and use an upstream resolver that does not; or hand out another resolver by DHCP',
      lines: [],
    },
  ];
}
