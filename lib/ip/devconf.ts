/**
 * The per-device settings of IPv4 (/proc/sys/net/ipv4/conf/DEV/) and how `all` and the device combine.
 *
 * @see include/linux/inetdevice.h, net/ipv4/devinet.c
 */

/** Name and kernel default of each setting that netloom obeys; the position is the index used on the data path. */
const SETTINGS = [
  ['forwarding', 0],
  ['proxy_arp', 0],
  ['accept_redirects', 1],
  ['secure_redirects', 1],
  ['send_redirects', 1],
  ['shared_media', 1],
  ['rp_filter', 0],
  ['log_martians', 0],
  ['arp_filter', 0],
  ['arp_announce', 0],
  ['arp_ignore', 0],
  ['promote_secondaries', 0],
  ['arp_accept', 0],
  ['arp_notify', 0],
  ['accept_local', 0],
  ['proxy_arp_pvlan', 0],
  ['route_localnet', 0],
  ['ignore_routes_with_linkdown', 0],
  ['drop_unicast_in_l2_multicast', 0],
  ['drop_gratuitous_arp', 0],
  ['bc_forwarding', 0],
  ['arp_evict_nocarrier', 1],
  ['force_igmp_version', 0],
  ['igmpv2_unsolicited_report_interval', 10000],
  ['igmpv3_unsolicited_report_interval', 1000],
  ['src_valid_mark', 0],
  ['accept_source_route', 1],
  ['medium_id', 0],
  ['mc_forwarding', 0],
] as const

export const FORWARDING = 0
export const PROXY_ARP = 1
export const ACCEPT_REDIRECTS = 2
export const SECURE_REDIRECTS = 3
export const SEND_REDIRECTS = 4
export const SHARED_MEDIA = 5
export const RP_FILTER = 6
export const LOG_MARTIANS = 7
export const ARP_FILTER = 8
export const ARP_ANNOUNCE = 9
export const ARP_IGNORE = 10
export const PROMOTE_SECONDARIES = 11
export const ARP_ACCEPT = 12
export const ARP_NOTIFY = 13
export const ACCEPT_LOCAL = 14
export const PROXY_ARP_PVLAN = 15
export const ROUTE_LOCALNET = 16
export const IGNORE_ROUTES_WITH_LINKDOWN = 17
export const DROP_UNICAST_IN_L2_MULTICAST = 18
export const DROP_GRATUITOUS_ARP = 19
export const BC_FORWARDING = 20
export const ARP_EVICT_NOCARRIER = 21
export const FORCE_IGMP_VERSION = 22
export const IGMPV2_UNSOLICITED_REPORT_INTERVAL = 23
export const IGMPV3_UNSOLICITED_REPORT_INTERVAL = 24
export const SRC_VALID_MARK = 25
export const ACCEPT_SOURCE_ROUTE = 26
export const MEDIUM_ID = 27
/** Set by a multicast routing daemon only, of which there is none: read-only. */
export const MC_FORWARDING = 28

/** Names under net.ipv4.conf.DEV, in the order of the indexes above. */
export const DEVCONF_NAMES: readonly string[] = SETTINGS.map(([name]) => name)

/** Settings of one device, of `all` or of `default` (struct ipv4_devconf). */
export class DevConf {
  readonly data: Int32Array
  /** Which settings are the device's own; only the others follow what is written to `default`. */
  readonly isSet: Uint8Array

  /** A device starts with the values of `default`, and as its own with those that were ever written there. */
  constructor(from: DevConf | null) {
    this.data = from === null ? Int32Array.from(SETTINGS, ([, value]) => value) : Int32Array.from(from.data)
    this.isSet = from === null ? new Uint8Array(SETTINGS.length) : Uint8Array.from(from.isSet)
  }

  /** Makes every setting the device's own (ipv4_devconf_setall): so it is once an address was given to it. */
  setAll(): void {
    this.isSet.fill(1)
  }
}

/** True when the setting is on for the device and for `all` (IN_DEV_ANDCONF). */
export const andConf = (all: DevConf, dev: DevConf, i: number): boolean => all.data[i] !== 0 && dev.data[i] !== 0
/** True when the setting is on for the device or for `all` (IN_DEV_ORCONF). */
export const orConf = (all: DevConf, dev: DevConf, i: number): boolean => all.data[i] !== 0 || dev.data[i] !== 0
/** The larger of the device's and `all`'s value (IN_DEV_MAXCONF). */
export const maxConf = (all: DevConf, dev: DevConf, i: number): number => Math.max(all.data[i]!, dev.data[i]!)
