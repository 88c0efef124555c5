/**
 * THE TABLE of the kinds that `ip link add|set ... type KIND` has words for: one file of link-kind/ each.
 *
 * @see ip-link(8)
 */
import { type Args, ToolExit, unsupported } from './args.js'
import type { IpContext } from './ip-context.js'
import type { LinkRequest } from './ip-link-args.js'
import { BRIDGE_SLAVE_WORDS, BRIDGE_WORDS } from './link-kind/bridge.js'
import { DUMMY_WORDS } from './link-kind/dummy.js'
import { IPVLAN_WORDS } from './link-kind/ipvlan.js'
import { MACVLAN_WORDS } from './link-kind/macvlan.js'
import { LINK_WORDS } from './link-kind/link.js'
import { TUN_WORDS } from './link-kind/tun.js'
import { VETH_WORDS } from './link-kind/veth.js'
import { VLAN_WORDS } from './link-kind/vlan.js'
import type { KindRequest, LinkKindWords } from './link-kind/words.js'
import { VXLAN_WORDS } from './link-kind/vxlan.js'

const KINDS: readonly LinkKindWords[] = [
  VETH_WORDS,
  BRIDGE_WORDS,
  BRIDGE_SLAVE_WORDS,
  VLAN_WORDS,
  VXLAN_WORDS,
  DUMMY_WORDS,
  MACVLAN_WORDS,
  IPVLAN_WORDS,
  LINK_WORDS,
  TUN_WORDS,
]

/** Kinds that the tool knows and may be given words for, although the kernel has no such device. */
const KNOWN_TO_TOOL: readonly string[] = [
  'amt bareudp bond bond_slave dsa dummy erspan geneve gre gretap gtp ifb ip6erspan ip6gre ip6gretap ip6tnl ipip',
  'ipoib ipvlan ipvtap macsec macvlan macvtap netdevsim nlmon rmnet sit team team_slave vcan vrf vti vxcan vxlan',
  'wwan xfrm virt_wifi',
].flatMap(line => line.split(' '))

/** Kinds that the reference kernel makes and netloom does not: refused in netloom's own words, not in the kernel's. */
const NOT_BUILT: readonly string[] = ['ifb', 'macvtap']

const SUPPORTED = KINDS.map(k => k.kind)
  .filter(kind => !kind.endsWith('_slave'))
  .join(', ')

/** Reads the words behind `type KIND`. */
export const parseKindWords = (
  ip: IpContext,
  args: Args,
  kind: string,
  verb: 'add' | 'set',
  request: LinkRequest,
): KindRequest => {
  const words = KINDS.find(k => k.kind === kind)
  if (words !== undefined) return verb === 'add' ? words.forAdd(ip, args, request) : words.forSet(ip, args, request)
  if (verb === 'add' && NOT_BUILT.includes(kind)) throw unsupported('ip link add type', kind, SUPPORTED)
  if (!args.done && !KNOWN_TO_TOOL.includes(kind))
    throw new ToolExit(1, `Garbage instead of arguments "${args.word} ...". Try "ip link help".\n`)
  args.drop()
  return { attributes: {}, finish: null }
}
