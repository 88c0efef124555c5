/**
 * Words of `type link`, netloom's own kind: tc's words for netem, `queue` and `overhead`, and `peer` with what describes
 * the far end. They hold for both directions; those behind `out` for what this end sends, behind `in` for what it
 * receives, behind `both` for both again.
 */
import type { CableAttrs } from '../../../dev/cable.js'
import { type Args, defined, matches, parseUnsigned, ToolExit, unsupported } from '../args.js'
import type { IpContext } from '../ip-context.js'
import { checkNames, parseLinkWords } from '../ip-link-args.js'
import { etherAddress } from '../lladdr.js'
import { readNetemWord } from '../qdisc-kind/netem.js'
import { leave } from '../qdisc-kind/words.js'
import type { Attributes, KindRequest, LinkKindWords } from './words.js'

const USAGE = `Usage: ... link [ both | out | in ]
                [ delay TIME [ JITTER [CORRELATION]]]
                [ distribution {normal|pareto|paretonormal} ]
                [ rate RATE ] [ overhead BYTES ] [ queue PACKETS ]
                [ loss random PERCENT [CORRELATION]]
                [ loss state P13 [P31 [P32 [P23 P14]]]
                [ loss gemodel PERCENT [R [1-H [1-K]]]
                [ duplicate PERCENT [CORRELATION]]
                [ corrupt PERCENT [CORRELATION]]
                [ reorder PERCENT [CORRELATION] [ gap DISTANCE ]]
                [ peer OPTIONS ]`

const DIRECTIONS: readonly string[] = ['both', 'out', 'in']
const PEER_SUPPORTED = 'name, netns, address, mtu, txqueuelen, numtxqueues, numrxqueues, up'

const own = (word: string, args: Args): Partial<CableAttrs> | null => {
  const key = ['queue', 'limit', 'overhead'].find(k => matches(word, k))
  if (key === undefined) return null
  const text = args.take()
  const value = parseUnsigned(text) ?? leave(`Illegal "${key}"`)
  return key === 'overhead' ? { overhead: value } : { queue: value }
}

/** What netem's word means for a cable. */
const cableWord = (word: string, args: Args): Partial<CableAttrs> => {
  const found = own(word, args)
  if (found !== null) return found
  const r = readNetemWord(word, args)
  if (r === null) throw new ToolExit(1, `link: unknown option "${word}"?\n${USAGE}\n`)
  const { corr } = r.request
  switch (r.word) {
    case 'delay':
    case 'latency':
      return { delay: r.request.latency, jitter: r.request.jitter, delayCorr: corr.delay }
    case 'loss':
    case 'drop':
      return {
        loss: r.request.loss,
        lossCorr: corr.loss,
        lossState: r.request.lossState ?? null,
        lossGemodel: r.request.lossGemodel ?? null,
      }
    case 'duplicate':
      return { duplicate: r.request.duplicate, duplicateCorr: corr.duplicate }
    case 'corrupt':
      return { corrupt: r.request.corrupt!.probability, corruptCorr: r.request.corrupt!.correlation }
    case 'reorder':
      return { reorder: r.request.reorder!.probability, reorderCorr: r.request.reorder!.correlation }
    case 'gap':
      return { gap: r.request.gap }
    case 'distribution':
      return { distribution: r.request.distribution! }
    case 'rate':
      return { rate: r.request.rate!.rate * 8 }
    default:
      throw unsupported('ip link type link', word, 'delay, rate, queue, loss, duplicate, corrupt, reorder, gap')
  }
}

const cableWords = (args: Args): Attributes => {
  const attributes: Record<string, Partial<CableAttrs>> = {}
  let direction = 'both'
  while (!args.done && args.word !== 'peer') {
    const word = args.take()
    if (word === 'help') throw new ToolExit(1, `${USAGE}\n`)
    if (DIRECTIONS.includes(word)) direction = word
    else attributes[direction] = { ...attributes[direction], ...cableWord(word, args) }
  }
  return attributes
}

const forAdd = (ip: IpContext, args: Args): KindRequest => {
  const attributes = cableWords(args)
  if (args.done) return { attributes, finish: null }
  args.take()
  const request = parseLinkWords(ip, args)
  checkNames(request)
  const { mtu, txQueueLen, numTxQueues, numRxQueues, netns = ip.netns, name = request.dev, up, ...others } = request
  const { address: octets, dev: _, ...refused } = others
  for (const word of Object.keys(refused)) throw unsupported('ip link add type link peer', word, PEER_SUPPORTED)
  const address = octets === undefined ? undefined : etherAddress(octets)
  const peer = defined({ name, netns, address, mtu, txQueueLen, numTxQueues, numRxQueues, up })
  return { attributes: { ...attributes, peer }, finish: null }
}

const forSet = (_ip: IpContext, args: Args): KindRequest => {
  const attributes = cableWords(args)
  if (!args.done) throw unsupported('ip link set type link', args.word, 'delay, rate, queue, loss, ...')
  return { attributes, finish: null }
}

/** `link`. */
export const LINK_WORDS: LinkKindWords = { kind: 'link', forAdd, forSet }
