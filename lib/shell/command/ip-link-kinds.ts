/**
 * THE TABLE of the kinds that `ip link add|set ... type KIND` has words for: one file of link-kind/ each.
 *
 * @see ip-link(8)
 */
import { type Args, ToolExit, unsupported } from './args.js'
import type { IpContext } from './ip-context.js'
import type { LinkRequest } from './ip-link-args.js'
import { BRIDGE_SLAVE_WORDS, BRIDGE_WORDS } from './link-kind/bridge.js'
import { VETH_WORDS } from './link-kind/veth.js'
import { VLAN_WORDS } from './link-kind/vlan.js'
import type { KindRequest, LinkKindWords } from './link-kind/words.js'
import { VXLAN_WORDS } from './link-kind/vxlan.js'

const KINDS: readonly LinkKindWords[] = [VETH_WORDS, BRIDGE_WORDS, BRIDGE_SLAVE_WORDS, VLAN_WORDS, VXLAN_WORDS]

/** Kinds that the tool knows and may be given words for, although the kernel has no such device. */
const KNOWN_TO_TOOL: readonly string[] = [
  'amt bareudp bond bond_slave dsa dummy erspan geneve gre gretap gtp ifb ip6erspan ip6gre ip6gretap ip6tnl ipip',
  'ipoib ipvlan ipvtap macsec macvlan macvtap netdevsim nlmon rmnet sit team team_slave vcan vrf vti vxcan vxlan',
  'wwan xfrm virt_wifi',
].flatMap(line => line.split(' '))

/** Kinds that the reference kernel makes and netloom does not: refused in netloom's own words, not in the kernel's. */
const NOT_BUILT: readonly string[] = ['macvlan', 'macvtap']

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
  if (verb === 'add' && NOT_BUILT.includes(kind)) throw unsupported('ip link add type', kind, 'veth, bridge, vxlan')
  if (!args.done && !KNOWN_TO_TOOL.includes(kind))
    throw new ToolExit(1, `Garbage instead of arguments "${args.word} ...". Try "ip link help".\n`)
  args.drop()
  return { attributes: {}, finish: null }
}
