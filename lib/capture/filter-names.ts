/**
 * Names that a capture filter may use for ports and protocols. A filter knows no host names: netloom has no resolver.
 *
 * DIFFERS: tcpdump takes port names from /etc/services; here are the ones of well-known services, with the protocols that
 * Debian lists.
 */

import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_LLDP, ETH_P_RARP, ETH_P_SLOW } from '../wire/ethernet.js'
import { IPPROTO_TCP, IPPROTO_UDP } from '../wire/ipv4.js'

const TCP: readonly number[] = [IPPROTO_TCP]
const UDP: readonly number[] = [IPPROTO_UDP]
const BOTH: readonly number[] = [IPPROTO_TCP, IPPROTO_UDP]

/** A port with the IP protocols that it belongs to. */
export interface Service {
  readonly port: number
  readonly protocols: readonly number[]
}

const service = (name: string, port: number, protocols: readonly number[]): readonly [string, Service] => [
  name,
  { port, protocols },
]

/** Services by name. */
export const SERVICES: ReadonlyMap<string, Service> = new Map([
  service('echo', 7, BOTH),
  service('discard', 9, BOTH),
  service('daytime', 13, BOTH),
  service('chargen', 19, BOTH),
  service('ftp-data', 20, TCP),
  service('ftp', 21, TCP),
  service('ssh', 22, TCP),
  service('telnet', 23, TCP),
  service('smtp', 25, TCP),
  service('time', 37, BOTH),
  service('domain', 53, BOTH),
  service('bootps', 67, UDP),
  service('bootpc', 68, UDP),
  service('tftp', 69, UDP),
  service('http', 80, TCP),
  service('kerberos', 88, BOTH),
  service('pop3', 110, TCP),
  service('sunrpc', 111, BOTH),
  service('ntp', 123, UDP),
  service('imap2', 143, TCP),
  service('snmp', 161, BOTH),
  service('snmp-trap', 162, BOTH),
  service('bgp', 179, TCP),
  service('ldap', 389, BOTH),
  service('https', 443, BOTH),
  service('isakmp', 500, UDP),
  service('syslog', 514, UDP),
  service('route', 520, UDP),
  service('nfs', 2049, BOTH),
  service('mysql', 3306, TCP),
  service('postgresql', 5432, TCP),
  service('mdns', 5353, UDP),
])

/** IP protocols by name. */
export const IP_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['ipencap', 4],
  ['tcp', 6],
  ['egp', 8],
  ['igp', 9],
  ['udp', 17],
  ['ipv6', 41],
  ['ipv6-frag', 44],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['ipv6-icmp', 58],
  ['ospf', 89],
  ['ipip', 94],
  ['pim', 103],
  ['vrrp', 112],
  ['sctp', 132],
])

/** EtherTypes and LLC service points by name. */
export const ETHER_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['ip', ETH_P_IP],
  ['arp', ETH_P_ARP],
  ['rarp', ETH_P_RARP],
  ['ip6', ETH_P_IPV6],
  ['lldp', ETH_P_LLDP],
  ['slow', ETH_P_SLOW],
  ['loopback', 0x9000],
  ['lat', 0x6004],
  ['moprc', 0x6002],
  ['mopdl', 0x6001],
  ['decnet', 0x6003],
  ['sca', 0x6007],
  ['stp', 0x42],
])
