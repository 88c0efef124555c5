/**
 * Options and texts of the match `udp`.
 *
 * @see iptables extensions/libxt_udp.c
 */
import { XT_UDP_INV_DSTPT, XT_UDP_INV_SRCPT, type XtUdp } from '../../../netfilter/match/tcpudp.js'
import { printPorts, savePorts } from '../ports-text.js'
import { extension, type XtablesExtension } from '../xtables.js'

const HELP = `udp match options:
[!] --source-port port[:port]
 --sport ...
				match source port(s)
[!] --destination-port port[:port]
 --dport ...
				match destination port(s)
`

/** The extension. */
export const udpExtension: XtablesExtension = extension<XtUdp>({
  name: 'udp',
  help: HELP,
  options: [
    { name: 'source-port', id: 'sport', type: 'portrc', invert: true },
    { name: 'sport', id: 'sport', type: 'portrc', invert: true },
    { name: 'destination-port', id: 'dport', type: 'portrc', invert: true },
    { name: 'dport', id: 'dport', type: 'portrc', invert: true },
  ],
  init: { spts: [0, 0xffff], dpts: [0, 0xffff], invflags: 0 },
  parse: ({ option, value, value2, invert }, info) => {
    const ports = [value, value2] as const
    if (option.id === 'sport')
      return { ...info, spts: ports, invflags: info.invflags | (invert ? XT_UDP_INV_SRCPT : 0) }
    return { ...info, dpts: ports, invflags: info.invflags | (invert ? XT_UDP_INV_DSTPT : 0) }
  },
  print: ({ spts, dpts, invflags }, _ip, numeric) =>
    ` udp${printPorts('spt', spts, (invflags & XT_UDP_INV_SRCPT) !== 0, numeric, 'udp')}` +
    printPorts('dpt', dpts, (invflags & XT_UDP_INV_DSTPT) !== 0, numeric, 'udp'),
  save: ({ spts, dpts, invflags }) =>
    savePorts('sport', spts, (invflags & XT_UDP_INV_SRCPT) !== 0) +
    savePorts('dport', dpts, (invflags & XT_UDP_INV_DSTPT) !== 0),
})
