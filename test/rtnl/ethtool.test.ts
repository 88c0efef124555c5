import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetDevice } from '../../lib/core/netdev.js'
import { NETIF_F_HW_CSUM } from '../../lib/core/netdev.js'
import { ethtoolFeatures, ethtoolSetFeature, ethtoolSetFeatures, type FeatureResult } from '../../lib/rtnl/ethtool.js'
import { linkAdd, linkSet } from '../../lib/rtnl/link.js'
import { newWorld } from '../dev/lab.js'

const test = suite('rtnl/ethtool')

const devices = (): { lo: NetDevice; veth: NetDevice; br: NetDevice } => {
  const ns = newWorld().addNetns('x')
  return { lo: ns.lo, veth: linkAdd(ns, { kind: 'veth' }), br: linkAdd(ns, { kind: 'bridge' }) }
}

/** `ethtool -k` without its first line, `;` for newlines, `+` and `-` for on and off, `!` for [fixed], `?` for [requested on]. */
const show = (dev: NetDevice): string =>
  ethtoolFeatures(dev)
    .map(
      f => `${f.indented ? ' ' : ''}${f.name}${f.on ? '+' : '-'}${f.note === 'fixed' ? '!' : f.note === '' ? '' : '?'}`,
    )
    .join(';')

const TAIL =
  'l2-fwd-offload-!;hw-tc-offload-!;esp-hw-offload-!;esp-tx-csum-hw-offload-!;rx-udp_tunnel-port-offload-!;' +
  'tls-hw-tx-offload-!;tls-hw-rx-offload-!;rx-gro-hw-!;tls-hw-record-!;rx-gro-list-;macsec-hw-offload-!;' +
  'rx-udp-gro-forwarding-;hsr-tag-ins-offload-!;hsr-tag-rm-offload-!;hsr-fwd-offload-!;hsr-dup-offload-!'

/** Recorded with ethtool on 6.18. */
const LO =
  'rx-checksumming+!;tx-checksumming+; tx-checksum-ipv4-!; tx-checksum-ip-generic+!; tx-checksum-ipv6-!;' +
  ' tx-checksum-fcoe-crc-!; tx-checksum-sctp+!;scatter-gather+; tx-scatter-gather+!; tx-scatter-gather-fraglist+!;' +
  'tcp-segmentation-offload+; tx-tcp-segmentation+; tx-tcp-ecn-segmentation+; tx-tcp-mangleid-segmentation+;' +
  ' tx-tcp6-segmentation+; tx-tcp-accecn-segmentation+;generic-segmentation-offload+;generic-receive-offload+;' +
  'large-receive-offload-!;rx-vlan-offload-!;tx-vlan-offload-!;ntuple-filters-!;receive-hashing-!;highdma+!;' +
  'rx-vlan-filter-!;vlan-challenged+!;tx-gso-robust-!;tx-fcoe-segmentation-!;tx-gre-segmentation-!;' +
  'tx-gre-csum-segmentation-!;tx-ipxip4-segmentation-!;tx-ipxip6-segmentation-!;tx-udp_tnl-segmentation-!;' +
  'tx-udp_tnl-csum-segmentation-!;tx-gso-partial-!;tx-tunnel-remcsum-segmentation-!;tx-sctp-segmentation+;' +
  'tx-esp-segmentation-!;tx-udp-segmentation+;tx-gso-list+;tx-nocache-copy-!;loopback+!;rx-fcs-!;rx-all-!;' +
  `tx-vlan-stag-hw-insert-!;rx-vlan-stag-hw-parse-!;rx-vlan-stag-filter-!;${TAIL}`

const VETH =
  'rx-checksumming+;tx-checksumming+; tx-checksum-ipv4-!; tx-checksum-ip-generic+; tx-checksum-ipv6-!;' +
  ' tx-checksum-fcoe-crc-!; tx-checksum-sctp+;scatter-gather+; tx-scatter-gather+; tx-scatter-gather-fraglist+;' +
  'tcp-segmentation-offload+; tx-tcp-segmentation+; tx-tcp-ecn-segmentation+; tx-tcp-mangleid-segmentation+;' +
  ' tx-tcp6-segmentation+; tx-tcp-accecn-segmentation+;generic-segmentation-offload+;generic-receive-offload-;' +
  'large-receive-offload-!;rx-vlan-offload+;tx-vlan-offload+;ntuple-filters-!;receive-hashing-!;highdma+;' +
  'rx-vlan-filter-!;vlan-challenged-!;tx-gso-robust-!;tx-fcoe-segmentation-!;tx-gre-segmentation+;' +
  'tx-gre-csum-segmentation+;tx-ipxip4-segmentation+;tx-ipxip6-segmentation+;tx-udp_tnl-segmentation+;' +
  'tx-udp_tnl-csum-segmentation+;tx-gso-partial-!;tx-tunnel-remcsum-segmentation-!;tx-sctp-segmentation+;' +
  'tx-esp-segmentation-!;tx-udp-segmentation+;tx-gso-list+;tx-nocache-copy-;loopback-!;rx-fcs-!;rx-all-!;' +
  `tx-vlan-stag-hw-insert+;rx-vlan-stag-hw-parse+;rx-vlan-stag-filter-!;${TAIL}`

const BRIDGE =
  'rx-checksumming-!;tx-checksumming+; tx-checksum-ipv4-!; tx-checksum-ip-generic+; tx-checksum-ipv6-!;' +
  ' tx-checksum-fcoe-crc-!; tx-checksum-sctp-!;scatter-gather+; tx-scatter-gather+; tx-scatter-gather-fraglist+;' +
  'tcp-segmentation-offload+; tx-tcp-segmentation+; tx-tcp-ecn-segmentation+; tx-tcp-mangleid-segmentation+;' +
  ' tx-tcp6-segmentation+; tx-tcp-accecn-segmentation+;generic-segmentation-offload+;generic-receive-offload+;' +
  'large-receive-offload-!;rx-vlan-offload-!;tx-vlan-offload+;ntuple-filters-!;receive-hashing-!;highdma+;' +
  'rx-vlan-filter-!;vlan-challenged-!;tx-gso-robust+;tx-fcoe-segmentation+;tx-gre-segmentation+;' +
  'tx-gre-csum-segmentation+;tx-ipxip4-segmentation+;tx-ipxip6-segmentation+;tx-udp_tnl-segmentation+;' +
  'tx-udp_tnl-csum-segmentation+;tx-gso-partial+;tx-tunnel-remcsum-segmentation+;tx-sctp-segmentation+;' +
  'tx-esp-segmentation+;tx-udp-segmentation+;tx-gso-list+;tx-nocache-copy-;loopback-!;rx-fcs-!;rx-all-!;' +
  `tx-vlan-stag-hw-insert+;rx-vlan-stag-hw-parse-!;rx-vlan-stag-filter-!;${TAIL}`

test('shows the features of lo, veth and bridge as recorded (ethtool -k)', () => {
  const { lo, veth, br } = devices()
  assert.equal([show(lo), show(veth), show(br)], [LO, VETH, BRIDGE])
})

/** `ethtool -K`: what stands after `Actual changes:`. */
const text = (r: FeatureResult): string[] =>
  r.changes.map(c => `${c.name}: ${c.on ? 'on' : 'off'}${c.note === '' ? '' : ` [${c.note}]`}`)

const all = (...off: string[]) => off.map(name => ({ name, on: false }))

const TSO_OFF = (note = ''): string[] =>
  ['tx-tcp-segmentation', 'tx-tcp-ecn-segmentation', 'tx-tcp-mangleid-segmentation', 'tx-tcp6-segmentation'].map(
    n => `${n}: off${note}`,
  )

test('switches a veth off as scenarios do, with what depends on it (recorded ethtool -K v0 tx off rx off ...)', () => {
  const { veth } = devices()
  const result = ethtoolSetFeatures(veth, all('tx', 'rx', 'gso', 'gro', 'tso'))
  assert.equal(text(result), [
    'tx-checksum-ip-generic: off',
    'tx-generic-segmentation: off',
    ...TSO_OFF(),
    'tx-udp-segmentation: off [not requested]',
    'tx-tcp-accecn-segmentation: off',
    'tx-checksum-sctp: off',
    'rx-checksum: off',
  ])
  assert.is(veth.features & NETIF_F_HW_CSUM, 0)
  assert.match(show(veth), /;tx-udp-segmentation-\?;/)
  assert.equal(text(ethtoolSetFeature(veth, 'tx', true)), [
    'tx-checksum-ipv4: off [requested on]',
    'tx-checksum-ip-generic: on',
    'tx-checksum-ipv6: off [requested on]',
    'tx-udp-segmentation: on [not requested]',
    'tx-checksum-fcoe-crc: off [requested on]',
    'tx-checksum-sctp: on',
  ])
  assert.is(veth.features & NETIF_F_HW_CSUM, NETIF_F_HW_CSUM)
  assert.equal(text(ethtoolSetFeature(veth, 'tso', true)), [], 'all as requested: nothing is printed')
})

test('drops and returns segmentation with scatter-gather and checksums (netdev_fix_features)', () => {
  const { veth } = devices()
  const notAsked = ' [not requested]'
  ethtoolSetFeature(veth, 'gso', false)
  assert.equal(text(ethtoolSetFeature(veth, 'sg', false)), [
    'tx-scatter-gather: off',
    'tx-scatter-gather-fraglist: off',
    ...TSO_OFF(notAsked),
  ])
  ethtoolSetFeature(veth, 'sg', true)
  assert.equal(text(ethtoolSetFeature(veth, 'tx-checksum-ip-generic', false)), [
    'tx-checksum-ip-generic: off',
    ...TSO_OFF(notAsked),
    'tx-udp-segmentation: off [not requested]',
  ])
})

test('says when nothing of a request could be changed (exit 1 of ethtool -K)', () => {
  const { lo, veth } = devices()
  const tried = (dev: NetDevice, name: string, on: boolean): [string[], boolean] => {
    const r = ethtoolSetFeature(dev, name, on)
    return [text(r), r.nothingChanged]
  }
  assert.equal(tried(veth, 'lro', true), [['rx-lro: off [requested on]'], true])
  assert.equal(tried(veth, 'ntuple', true), [['rx-ntuple-filter: off [requested on]'], true])
  assert.equal(tried(veth, 'ufo', false), [[], true])
  assert.equal(tried(veth, 'tx', true), [
    [
      'tx-checksum-ipv4: off [requested on]',
      'tx-checksum-ipv6: off [requested on]',
      'tx-checksum-fcoe-crc: off [requested on]',
    ],
    false,
  ])
  assert.equal(tried(lo, 'tx', false), [
    ['tx-checksum-ip-generic: on [requested off]', 'tx-checksum-sctp: on [requested off]'],
    false,
  ])
  assert.is(lo.features & NETIF_F_HW_CSUM, NETIF_F_HW_CSUM)
  assert.equal(tried(lo, 'sg', false), [
    ['tx-scatter-gather: on [requested off]', 'tx-scatter-gather-fraglist: on [requested off]'],
    true,
  ])
  assert.throws(() => ethtoolSetFeature(veth, 'frob', true), /^bit name not found$/)
})

test('a bridge offers what its ports can do (br_features_recompute; recorded with ports without offloads)', () => {
  const { veth, br } = devices()
  for (const dev of [veth, br]) ethtoolSetFeatures(dev, all('tx', 'rx', 'gso', 'gro', 'tso'))
  linkSet(veth, { master: br })
  const line = (name: string): string =>
    show(br)
      .split(';')
      .find(l => l.trim().startsWith(name))!
      .trim()
  assert.equal(
    ['tx-gso-robust', 'tx-fcoe', 'tx-gso-partial', 'tx-udp-seg', 'tx-sctp', 'tx-esp', 'tx-gso-list', 'highdma'].map(
      line,
    ),
    [
      'tx-gso-robust-?',
      'tx-fcoe-segmentation-?',
      'tx-gso-partial+',
      'tx-udp-segmentation-?',
      'tx-sctp-segmentation+',
      'tx-esp-segmentation+',
      'tx-gso-list+',
      'highdma+',
    ],
  )
})

test.run()
