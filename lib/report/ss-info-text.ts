/**
 * What `ss -i` prints of a connection: TCP_INFO in the tool's order and words.
 *
 * @see iproute2 misc/ss.c tcp_show_info, tcp_stats_print, sprint_bw
 */
import type { TcpInfo } from '../ip/tcp/tcp-info.js'
import { TCP_LISTEN } from '../ip/tcp/tcp-states.js'

/** A number as C's %g prints it: six significant digits. */
export const formatG = (value: number): string => {
  if (value === 0) return '0'
  const exponent = Number(value.toExponential(5).split('e')[1])
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)))
  const [digits, power] = value.toExponential(5).split('e')
  const sign = power!.startsWith('-') ? '-' : '+'
  return `${String(Number(digits))}e${sign}${power!.slice(1).padStart(2, '0')}`
}

/** C's %.3g. */
const format3g = (value: number): string => String(Number(value.toPrecision(3)))

/** A rate in bit/s: exact with -n, otherwise in powers of a thousand. */
const bandwidth = (bps: number, isNumeric: boolean): string => {
  if (isNumeric) return bps.toFixed(0)
  if (bps >= 1e12) return `${format3g(bps / 1e12)}T`
  if (bps >= 1e9) return `${format3g(bps / 1e9)}G`
  if (bps >= 1e6) return `${format3g(bps / 1e6)}M`
  return bps >= 1e3 ? `${format3g(bps / 1e3)}k` : formatG(bps)
}

/** RTO that says nothing: three seconds, the initial value of old kernels. */
const RTO_DEFAULT_US = 3_000_000
/** A slow start threshold from here on is none. */
const SSTHRESH_NONE = 0xffff
const REORDERING_DEFAULT = 3

const ms = (us: number): string => formatG(us / 1000)
const percent = (part: number, whole: number): string => ((100 * part) / whole).toFixed(1)

/** ` NAME:VALUE` for what is not 0. */
const field = (name: string, value: number): string => (value === 0 ? '' : ` ${name}:${value}`)
const timeField = (name: string, us: number): string => (us === 0 ? '' : ` ${name}:${ms(us)}`)

const optionsText = (i: TcpInfo, showOptions: boolean): string => {
  if (!showOptions) return ''
  const has = (option: TcpInfo['options'][number], word: string): string =>
    i.options.includes(option) ? ` ${word}` : ''
  return has('timestamps', 'ts') + has('sack', 'sack') + has('ecn', 'ecn') + has('ecnSeen', 'ecnseen')
}

const head = (i: TcpInfo): string =>
  (i.options.includes('wscale') ? ` wscale:${i.sndWscale},${i.rcvWscale}` : '') +
  timeField('rto', i.rto === RTO_DEFAULT_US ? 0 : i.rto) +
  field('backoff', i.backoff) +
  (i.rtt === 0 ? '' : ` rtt:${ms(i.rtt)}/${ms(i.rttvar)}`) +
  timeField('ato', i.ato) +
  field('mss', i.sndMss) +
  field('pmtu', i.pmtu) +
  field('rcvmss', i.rcvMss) +
  field('advmss', i.advmss) +
  field('cwnd', i.sndCwnd) +
  field('ssthresh', i.sndSsthresh < SSTHRESH_NONE ? i.sndSsthresh : 0) +
  field('bytes_sent', i.bytesSent) +
  field('bytes_retrans', i.bytesRetrans) +
  field('bytes_acked', i.bytesAcked) +
  field('bytes_received', i.bytesReceived) +
  field('segs_out', i.segsOut) +
  field('segs_in', i.segsIn) +
  field('data_segs_out', i.dataSegsOut) +
  field('data_segs_in', i.dataSegsIn)

/** What BBR tells of its model. */
const bbrText = (info: Readonly<Record<string, number>>, isNumeric: boolean): string => {
  const gain = (name: string, value: number): string => (value === 0 ? '' : `,${name}:${formatG(value / 256)}`)
  return (
    ` bbr:(bw:${bandwidth(info['bw']! * 8, isNumeric)}bps,mrtt:${ms(info['minRtt']!)}` +
    `${gain('pacing_gain', info['pacingGain']!)}${gain('cwnd_gain', info['cwndGain']!)})`
  )
}

const rates = (i: TcpInfo, isNumeric: boolean): string => {
  const bw = (octetsPerSecond: number): string => bandwidth(octetsPerSecond * 8, isNumeric)
  const canSend = i.rtt > 0 && i.sndMss > 0 && i.sndCwnd > 0
  const hasMost = i.maxPacingRate !== 0 && Number.isFinite(i.maxPacingRate)
  const isPaced = i.pacingRate !== 0 && Number.isFinite(i.pacingRate)
  return (
    (canSend ? ` send ${bandwidth((i.sndCwnd * i.sndMss * 8_000_000) / i.rtt, isNumeric)}bps` : '') +
    field('lastsnd', i.lastDataSent) +
    field('lastrcv', i.lastDataRecv) +
    field('lastack', i.lastAckRecv) +
    (isPaced ? ` pacing_rate ${bw(i.pacingRate)}bps${hasMost ? `/${bw(i.maxPacingRate)}bps` : ''}` : '') +
    (i.deliveryRate === 0 ? '' : ` delivery_rate ${bw(i.deliveryRate)}bps`) +
    field('delivered', i.delivered) +
    field('delivered_ce', i.deliveredCe) +
    (i.deliveryRateAppLimited ? ' app_limited' : '')
  )
}

const limits = (i: TcpInfo): string => {
  if (i.busyTime === 0) return ''
  const limited = (name: string, us: number): string =>
    us === 0 ? '' : ` ${name}:${Math.floor(us / 1000)}ms(${percent(us, i.busyTime)}%)`
  return (
    ` busy:${Math.floor(i.busyTime / 1000)}ms` +
    limited('rwnd_limited', i.rwndLimited) +
    limited('sndbuf_limited', i.sndbufLimited)
  )
}

const tail = (i: TcpInfo): string =>
  field('unacked', i.unacked) +
  (i.retrans === 0 && i.totalRetrans === 0 ? '' : ` retrans:${i.retrans}/${i.totalRetrans}`) +
  field('lost', i.lost) +
  field('sacked', i.state === TCP_LISTEN ? 0 : i.sacked) +
  field('dsack_dups', i.dsackDups) +
  (i.reordering === REORDERING_DEFAULT ? '' : ` reordering:${i.reordering}`) +
  field('reord_seen', i.reordSeen) +
  timeField('rcv_rtt', i.rcvRtt) +
  field('rcv_space', i.rcvSpace) +
  field('rcv_ssthresh', i.rcvSsthresh) +
  field('notsent', i.notsentBytes) +
  timeField('minrtt', i.minRtt) +
  field('snd_wnd', i.sndWnd)

/** The text, which begins with a blank. `showOptions`: with -o or -e. */
export const tcpInfoText = (
  info: TcpInfo,
  cong: string | null,
  congInfo: Readonly<Record<string, number>> | null,
  showOptions: boolean,
  isNumeric: boolean,
): string =>
  optionsText(info, showOptions) +
  (cong === null ? '' : ` ${cong}`) +
  head(info) +
  (cong === 'bbr' && congInfo !== null ? bbrText(congInfo, isNumeric) : '') +
  rates(info, isNumeric) +
  limits(info) +
  tail(info)
