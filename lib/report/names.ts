/**
 * Names that iproute2 prints for numbers of routes, scopes and tables, from its files under /etc/iproute2.
 *
 * @see rt_protos, rt_scopes, rt_tables, rt_dsfield, group
 */

/** A table of numbers and their names. */
export interface NameTable {
  /** The name of a number; the number itself when it has none. */
  readonly name: (value: number) => string
  /** The number behind a name, or undefined. */
  readonly value: (name: string) => number | undefined
}

/** Makes a table; a number without a name stands for itself. */
export const nameTable = (entries: Readonly<Record<number, string>>): NameTable => tableOf(entries, String)

const tableOf = (entries: Readonly<Record<number, string>>, unnamed: (value: number) => string): NameTable => {
  const byName = new Map(Object.entries(entries).map(([value, name]) => [name, Number(value)]))
  return { name: value => entries[value] ?? unnamed(value), value: name => byName.get(name) }
}

/** Protocols of routes: who made them. */
export const ROUTE_PROTOCOLS: NameTable = tableOf(
  {
    0: 'unspec',
    1: 'redirect',
    2: 'kernel',
    3: 'boot',
    4: 'static',
    8: 'gated',
    9: 'ra',
    10: 'mrt',
    11: 'zebra',
    12: 'bird',
    13: 'dnrouted',
    14: 'xorp',
    15: 'ntk',
    16: 'dhcp',
    18: 'keepalived',
    42: 'babel',
    99: 'openr',
    186: 'bgp',
    187: 'isis',
    188: 'ospf',
    189: 'rip',
    192: 'eigrp',
  },
  String,
)

/** Scopes of addresses and routes. */
export const SCOPES: NameTable = tableOf({ 0: 'global', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' }, String)

/** Routing tables. */
export const ROUTE_TABLES: NameTable = tableOf({ 0: 'unspec', 253: 'default', 254: 'main', 255: 'local' }, String)

/** Groups of devices. */
export const LINK_GROUPS: NameTable = tableOf({ 0: 'default' }, String)

/** Type-of-service octets. */
export const DSFIELDS: NameTable = tableOf(
  {
    0x00: 'default',
    0x20: 'CS1',
    0x28: 'AF11',
    0x30: 'AF12',
    0x38: 'AF13',
    0x40: 'CS2',
    0x48: 'AF21',
    0x50: 'AF22',
    0x58: 'AF23',
    0x60: 'CS3',
    0x68: 'AF31',
    0x70: 'AF32',
    0x78: 'AF33',
    0x80: 'CS4',
    0x88: 'AF41',
    0x90: 'AF42',
    0x98: 'AF43',
    0xa0: 'CS5',
    0xb8: 'EF',
    0xc0: 'CS6',
    0xe0: 'CS7',
  },
  value => `0x${value.toString(16).padStart(2, '0')}`,
)

/** Types of routes, in the order of their numbers (RTN_*). */
export const ROUTE_TYPES: readonly string[] = [
  'none',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
]

/** Operational states of a device, in the order of their numbers (IF_OPER_*). */
export const OPERSTATES: readonly string[] = [
  'UNKNOWN',
  'NOTPRESENT',
  'DOWN',
  'LOWERLAYERDOWN',
  'TESTING',
  'DORMANT',
  'UP',
]

/** Protocols of IP, from /etc/protocols. */
export const IP_PROTOCOLS: NameTable = tableOf(
  {
    0: 'ip',
    1: 'icmp',
    2: 'igmp',
    3: 'ggp',
    4: 'ipencap',
    5: 'st',
    6: 'tcp',
    8: 'egp',
    9: 'igp',
    12: 'pup',
    17: 'udp',
    20: 'hmp',
    22: 'xns-idp',
    27: 'rdp',
    29: 'iso-tp4',
    33: 'dccp',
    36: 'xtp',
    37: 'ddp',
    38: 'idpr-cmtp',
    41: 'ipv6',
    43: 'ipv6-route',
    44: 'ipv6-frag',
    45: 'idrp',
    46: 'rsvp',
    47: 'gre',
    50: 'esp',
    51: 'ah',
    57: 'skip',
    58: 'ipv6-icmp',
    59: 'ipv6-nonxt',
    60: 'ipv6-opts',
    73: 'rspf',
    81: 'vmtp',
    88: 'eigrp',
    89: 'ospf',
    93: 'ax.25',
    94: 'ipip',
    97: 'etherip',
    98: 'encap',
    103: 'pim',
    108: 'ipcomp',
    112: 'vrrp',
    115: 'l2tp',
    124: 'isis',
    132: 'sctp',
    133: 'fc',
    135: 'mobility-header',
    136: 'udplite',
    137: 'mpls-in-ip',
    138: 'manet',
    139: 'hip',
    140: 'shim6',
    141: 'wesp',
    142: 'rohc',
    143: 'ethernet',
  },
  value => `ipproto-${value}`,
)
