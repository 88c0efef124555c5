/**
 * Attributes of a vxlan device, as `ip -d link` prints them.
 *
 * @see ip-link(8), iproute2 ip/iplink_vxlan.c vxlan_print_opt
 */
import type { VxlanInfo } from '../../dev/vxlan/vxlan-netlink.js'
import { formatIpv4, isMulticast4 } from '../../wire/ip.js'
import type { Printer } from '../printer.js'

const DF = ['unset', 'set', 'inherit']

const printEnds = (p: Printer, a: VxlanInfo): void => {
  p.field('id', a.id, `id ${a.id} `)
  if (a.remote !== 0) {
    const word = isMulticast4(a.remote) ? 'group' : 'remote'
    p.field(word, formatIpv4(a.remote), `${word} ${formatIpv4(a.remote)} `)
  }
  if (a.local !== 0) p.field('local', formatIpv4(a.local), `local ${formatIpv4(a.local)} `)
  if (a.dev !== null) p.field('link', a.dev, `dev ${a.dev} `)
  p.openObject('port_range')
  p.json('low', a.srcportMin)
  p.json('high', a.srcportMax)
  p.closeObject()
  p.text(`srcport ${a.srcportMin} ${a.srcportMax} `)
  p.field('port', a.dstport, `dstport ${a.dstport} `)
}

const printTos = (p: Printer, tos: number): void => {
  const hex = `0x${tos.toString(16)}`
  if (tos !== 0) p.field('tos', hex, `tos ${tos === 1 ? 'inherit' : hex} `)
}

const printTtl = (p: Printer, a: VxlanInfo): void => {
  if (a.ttlInherit) p.text('ttl inherit ')
  else p.field('ttl', a.ttl, a.ttl === 0 ? 'ttl auto ' : `ttl ${a.ttl} `)
}

const printChecksums = (p: Printer, a: VxlanInfo): void => {
  p.field('udp_csum', a.udpcsum, `${a.udpcsum ? '' : 'no'}udpcsum `)
  p.field('udp_zero_csum6_tx', a.udp6zerocsumtx, `${a.udp6zerocsumtx ? '' : 'no'}udp6zerocsumtx `)
  p.field('udp_zero_csum6_rx', a.udp6zerocsumrx, `${a.udp6zerocsumrx ? '' : 'no'}udp6zerocsumrx `)
}

/** Prints the attributes of a vxlan device. */
export const printVxlan = (p: Printer, attrs: object): void => {
  const a = attrs as VxlanInfo
  printEnds(p, a)
  p.field('learning', a.learning, a.learning ? '' : 'nolearning ')
  for (const word of ['proxy', 'rsc', 'l2miss', 'l3miss'] as const) if (a[word]) p.field(word, true, `${word} `)
  printTos(p, a.tos)
  printTtl(p, a)
  const df = DF[a.df]!
  p.field('df', df, a.df === 0 ? '' : `df ${df} `)
  p.field('ageing', a.ageing, `ageing ${a.ageing} `)
  if (a.maxaddress !== 0) p.field('limit', a.maxaddress, `maxaddr ${a.maxaddress} `)
  printChecksums(p, a)
  if (a.gbp) p.field('gbp', true, 'gbp ')
}
