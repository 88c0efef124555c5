/**
 * A packet in one line, as the kernel writes it to its log.
 *
 * @see net/netfilter/nf_log_syslog.c
 */
import { CtlSock } from '../ip/ctl-sock.js'
import { ARPHRD_ETHER } from '../core/netdev.js'
import type { NfHookState } from '../core/netfilter.js'
import { nfBridgePhysindev, nfBridgePhysoutdev } from '../core/nf-bridge-info.js'
import type { Skb } from '../core/skb.js'
import { getU16, getU32 } from '../wire/bytes.js'
import { ethDst, ethSrc, ethType } from '../wire/ethernet.js'
import {
  ICMP_ADDRESS,
  ICMP_ADDRESSREPLY,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMPREPLY,
} from '../wire/icmp.js'
import { formatIpv4 } from '../wire/ip.js'
import {
  IP_CE,
  IP_DF,
  IP_MF,
  IP_OFFSET,
  IPPROTO_AH,
  IPPROTO_ESP,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4FragOff,
  ipv4Id,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
  ipv4Tos,
  ipv4TotLen,
  ipv4Ttl,
} from '../wire/ipv4.js'
import { formatMac } from '../wire/mac.js'
import { TCP_HLEN, tcpAck, tcpDport, tcpHdrLen, tcpSeq, tcpSport, tcpUrg, tcpWindow } from '../wire/tcp.js'

/** What a line says besides the ordinary. */
export const NF_LOG_TCPSEQ = 0x01
export const NF_LOG_TCPOPT = 0x02
export const NF_LOG_IPOPT = 0x04
export const NF_LOG_UID = 0x08
export const NF_LOG_MACDECODE = 0x20

const IPPROTO_UDPLITE = 136
const UDP_HLEN = 8
const ICMP_HLEN = 8
const IPTOS_TOS_MASK = 0x1e
const IPTOS_PREC_MASK = 0xe0

const hex2 = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0')

const optionText = (b: Uint8Array, from: number, to: number): string => {
  let text = 'OPT ('
  for (let i = from; i < to; i++) text += hex2(b[i]!)
  return `${text}) `
}

/** Bits of octet 13 of the header, and the lowest of octet 12, as they are named. */
const TCP_FLAGS: readonly (readonly [number, string])[] = [
  [0x100, 'AE'],
  [0x80, 'CWR'],
  [0x40, 'ECE'],
  [0x20, 'URG'],
  [0x10, 'ACK'],
  [0x08, 'PSH'],
  [0x04, 'RST'],
  [0x02, 'SYN'],
  [0x01, 'FIN'],
]

/** A text, and whether the packet ended too soon for what follows. */
interface Part {
  readonly text: string
  readonly isCut: boolean
}

const tcpText = ({ buf: b, tail }: Skb, o: number, isFragment: boolean, flags: number): Part => {
  let text = 'PROTO=TCP '
  if (isFragment) return { text, isCut: false }
  if (o + TCP_HLEN > tail) return { text: `${text}INCOMPLETE [${tail - o} bytes] `, isCut: true }
  text += `SPT=${tcpSport(b, o)} DPT=${tcpDport(b, o)} `
  if (flags & NF_LOG_TCPSEQ) text += `SEQ=${tcpSeq(b, o) >>> 0} ACK=${tcpAck(b, o) >>> 0} `
  const word = getU16(b, o + 12)
  text += `WINDOW=${tcpWindow(b, o)} RES=0x${((word & 0x0f00) >> 6).toString(16).padStart(2, '0')} `
  for (const [bit, name] of TCP_FLAGS) if (word & bit) text += `${name} `
  text += `URGP=${tcpUrg(b, o)} `
  const hlen = tcpHdrLen(b, o)
  if (!(flags & NF_LOG_TCPOPT) || hlen <= TCP_HLEN) return { text, isCut: false }
  if (o + hlen > tail) return { text: `${text}OPT (TRUNCATED)`, isCut: true }
  return { text: text + optionText(b, o + TCP_HLEN, o + hlen), isCut: false }
}

const udpText = ({ buf: b, tail }: Skb, o: number, isFragment: boolean, name: string): Part => {
  const text = `PROTO=${name} `
  if (isFragment) return { text, isCut: false }
  if (o + UDP_HLEN > tail) return { text: `${text}INCOMPLETE [${tail - o} bytes] `, isCut: true }
  return { text: `${text}SPT=${getU16(b, o)} DPT=${getU16(b, o + 2)} LEN=${getU16(b, o + 4)} `, isCut: false }
}

/** Octets that a message of each type has at least. */
const ICMP_LENGTHS: ReadonlyMap<number, number> = new Map([
  [ICMP_ECHOREPLY, 4],
  [ICMP_DEST_UNREACH, ICMP_HLEN + IPV4_HLEN],
  [ICMP_SOURCE_QUENCH, ICMP_HLEN + IPV4_HLEN],
  [ICMP_REDIRECT, ICMP_HLEN + IPV4_HLEN],
  [ICMP_ECHO, 4],
  [ICMP_TIME_EXCEEDED, ICMP_HLEN + IPV4_HLEN],
  [ICMP_PARAMETERPROB, ICMP_HLEN + IPV4_HLEN],
  [ICMP_TIMESTAMP, 20],
  [ICMP_TIMESTAMPREPLY, 20],
  [ICMP_ADDRESS, 12],
  [ICMP_ADDRESSREPLY, 12],
])

/** What an error quotes, one level deep, and the MTU that it tells. */
const quoteText = (skb: Skb, o: number, type: number, code: number, flags: number, isInner: boolean): string => {
  const quote = isInner ? '' : `[${ipv4Text(skb, o + ICMP_HLEN, flags, true)}] `
  const hasMtu = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED
  return hasMtu ? `${quote}MTU=${getU16(skb.buf, o + 6)} ` : quote
}

/** What an ICMP message says besides type and code. */
const icmpBodyText = (skb: Skb, o: number, type: number, code: number, flags: number, isInner: boolean): string => {
  const { buf: b } = skb
  switch (type) {
    case ICMP_ECHOREPLY:
    case ICMP_ECHO:
      return `ID=${getU16(b, o + 4)} SEQ=${getU16(b, o + 6)} `
    case ICMP_PARAMETERPROB:
      return `PARAMETER=${b[o + 4]!} `
    case ICMP_REDIRECT:
      return `GATEWAY=${formatIpv4(getU32(b, o + 4))} ${quoteText(skb, o, type, code, flags, isInner)}`
    case ICMP_DEST_UNREACH:
    case ICMP_SOURCE_QUENCH:
    case ICMP_TIME_EXCEEDED:
      return quoteText(skb, o, type, code, flags, isInner)
    default:
      return ''
  }
}

const icmpText = (skb: Skb, o: number, isFragment: boolean, flags: number, isInner: boolean): string => {
  const { buf: b, tail } = skb
  const text = 'PROTO=ICMP '
  if (isFragment) return text
  const incomplete = `INCOMPLETE [${tail - o} bytes] `
  if (o + ICMP_HLEN > tail) return text + incomplete
  const type = b[o]!
  const code = b[o + 1]!
  const head = `${text}TYPE=${type} CODE=${code} `
  const least = ICMP_LENGTHS.get(type) ?? 0
  return head + (tail - o < least ? incomplete : icmpBodyText(skb, o, type, code, flags, isInner))
}

/** AH and ESP, whose SPI stands at `at`. */
const ipsecText = ({ buf: b, tail }: Skb, o: number, isFragment: boolean, name: string, at: number): string => {
  if (isFragment) return name === 'AH' ? '' : `PROTO=${name} `
  const hlen = name === 'AH' ? 12 : 8
  if (o + hlen > tail) return `PROTO=${name} INCOMPLETE [${tail - o} bytes] `
  return `PROTO=${name} SPI=0x${(getU32(b, o + at) >>> 0).toString(16)} `
}

const transportText = (
  skb: Skb,
  o: number,
  proto: number,
  isFragment: boolean,
  flags: number,
  isInner: boolean,
): Part => {
  const whole = (text: string): Part => ({ text, isCut: false })
  switch (proto) {
    case IPPROTO_TCP:
      return tcpText(skb, o, isFragment, flags)
    case IPPROTO_UDP:
      return udpText(skb, o, isFragment, 'UDP')
    case IPPROTO_UDPLITE:
      return udpText(skb, o, isFragment, 'UDPLITE')
    case IPPROTO_ICMP:
      return whole(icmpText(skb, o, isFragment, flags, isInner))
    case IPPROTO_AH:
      return whole(ipsecText(skb, o, isFragment, 'AH', 4))
    case IPPROTO_ESP:
      return whole(ipsecText(skb, o, isFragment, 'ESP', 0))
    default:
      return whole(`PROTO=${proto} `)
  }
}

/** The packet whose IPv4 header stands at `o` (dump_ipv4_packet). */
const ipv4Text = (skb: Skb, o: number, flags: number, isInner: boolean): string => {
  const { buf: b } = skb
  if (o + IPV4_HLEN > skb.tail) return 'TRUNCATED'
  const tos = ipv4Tos(b, o)
  const off = ipv4FragOff(b, o)
  let text = `SRC=${formatIpv4(ipv4Saddr(b, o))} DST=${formatIpv4(ipv4Daddr(b, o))} LEN=${ipv4TotLen(b, o)} `
  text += `TOS=0x${hex2(tos & IPTOS_TOS_MASK)} PREC=0x${hex2(tos & IPTOS_PREC_MASK)} `
  text += `TTL=${ipv4Ttl(b, o)} ID=${ipv4Id(b, o)} `
  if (off & IP_CE) text += 'CE '
  if (off & IP_DF) text += 'DF '
  if (off & IP_MF) text += 'MF '
  if (off & IP_OFFSET) text += `FRAG:${off & IP_OFFSET} `
  const ihl = ipv4Ihl(b, o)
  if (flags & NF_LOG_IPOPT && ihl > IPV4_HLEN) {
    if (o + ihl > skb.tail) return `${text}TRUNCATED`
    text += optionText(b, o + IPV4_HLEN, o + ihl)
  }
  const part = transportText(skb, o + ihl, ipv4Proto(b, o), (off & IP_OFFSET) !== 0, flags, isInner)
  text += part.text
  if (part.isCut || isInner) return text
  // Programs of the lab run as root.
  if (flags & NF_LOG_UID && skb.sk !== null && !(skb.sk instanceof CtlSock)) text += 'UID=0 GID=0 '
  if (skb.mark !== 0) text += `MARK=0x${(skb.mark >>> 0).toString(16)} `
  return text
}

/** The header in front of the packet (dump_mac_header). */
const macText = (skb: Skb, flags: number): string => {
  const { dev, buf: b, macHeader } = skb
  if (dev === null) return ''
  if (flags & NF_LOG_MACDECODE && dev.type === ARPHRD_ETHER) {
    const macs = `MACSRC=${formatMac(ethSrc(b, macHeader))} MACDST=${formatMac(ethDst(b, macHeader))} `
    const vlan = skb.vlanProto === 0 ? '' : `VPROTO=${skb.vlanProto.toString(16).padStart(4, '0')} VID=${skb.vlanTci} `
    return `${macs}${vlan}MACPROTO=${ethType(b, macHeader).toString(16).padStart(4, '0')} `
  }
  if (dev.hardHeaderLen === 0 || macHeader === skb.networkHeader) return 'MAC= '
  const octets: string[] = []
  for (let i = 0; i < dev.hardHeaderLen; i++) octets.push(b[macHeader + i]!.toString(16).padStart(2, '0'))
  return `MAC=${octets.join(':')} `
}

/** The line, without its level (nf_log_ip_packet). */
export const nfLogIpText = (
  skb: Skb,
  state: NfHookState,
  { prefix, logflags }: { readonly prefix: string; readonly logflags: number },
): string => {
  const { inDev, outDev } = state
  const physIn = nfBridgePhysindev(skb)
  const physOut = nfBridgePhysoutdev(skb)
  let devices = `${prefix}IN=${inDev?.name ?? ''} OUT=${outDev?.name ?? ''} `
  if (physIn !== null && physIn !== inDev) devices += `PHYSIN=${physIn.name} `
  if (physOut !== null && physOut !== outDev) devices += `PHYSOUT=${physOut.name} `
  return devices + (inDev === null ? '' : macText(skb, logflags)) + ipv4Text(skb, skb.networkHeader, logflags, false)
}
