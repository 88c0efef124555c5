/** The keys of net.ipv4: their limits, and what they do to one another. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { HostLab } from './lab.js'

const test = suite('ip/sysctl-ipv4')

const get = (lab: HostLab, key: string): string => lab.t.sysctl.get(`net.ipv4.${key}`)

const set = (lab: HostLab, key: string, value: string | number): string => {
  try {
    lab.t.sysctl.set(`net.ipv4.${key}`, value)
    return 'ok'
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return e.code
  }
}

test('a device follows what is written to default until it has an address (devinet_copy_dflt_conf)', () => {
  const lab = new HostLab('')
  set(lab, 'conf.default.rp_filter', 1)
  assert.equal(
    ['eth0', 'lo', 'all'].map(d => get(lab, `conf.${d}.rp_filter`)),
    ['1', '0', '0'],
  )
  set(lab, 'conf.eth0.arp_ignore', 2)
  set(lab, 'conf.default.arp_ignore', 1)
  assert.is(get(lab, 'conf.eth0.arp_ignore'), '2')
  lab.sh('ip -n t addr add 10.0.0.2/24 dev eth0')
  set(lab, 'conf.default.rp_filter', 2)
  assert.is(get(lab, 'conf.eth0.rp_filter'), '1')
})

test('a new device has the values of default, and as its own those that were written there', () => {
  const lab = new HostLab('ip netns exec t sysctl -qw net.ipv4.conf.default.arp_ignore=1')
  lab.sh('ip -n t link add br0 type bridge')
  assert.is(get(lab, 'conf.br0.arp_ignore'), '1')
  set(lab, 'conf.default.arp_ignore', 2)
  set(lab, 'conf.default.arp_announce', 2)
  assert.equal([get(lab, 'conf.br0.arp_ignore'), get(lab, 'conf.br0.arp_announce')], ['1', '2'])
})

test('ip_forward is conf.all.forwarding: it sets every device and default, and stops belief in redirects', () => {
  const lab = new HostLab()
  const read = (): string[] =>
    [
      'ip_forward',
      'conf.all.forwarding',
      'conf.default.forwarding',
      'conf.eth0.forwarding',
      'conf.all.accept_redirects',
    ].map(k => get(lab, k))
  assert.equal(read(), ['0', '0', '0', '0', '1'])
  set(lab, 'ip_forward', 1)
  assert.equal(read(), ['1', '1', '1', '1', '0'])
  set(lab, 'conf.eth0.forwarding', 0)
  set(lab, 'conf.all.accept_redirects', 1)
  set(lab, 'conf.all.forwarding', 1)
  assert.equal(read(), ['1', '1', '1', '0', '1'])
  set(lab, 'conf.all.forwarding', 0)
  assert.equal(read(), ['0', '0', '0', '0', '1'])
})

test('times of neighbours in milliseconds are kept in ticks of 4, rounded up', () => {
  const lab = new HostLab()
  set(lab, 'neigh.eth0.retrans_time_ms', 50)
  assert.is(get(lab, 'neigh.eth0.retrans_time_ms'), '52')
  set(lab, 'neigh.eth0.base_reachable_time', 7)
  assert.is(get(lab, 'neigh.eth0.base_reachable_time_ms'), '7000')
})

test('unres_qlen counts full frames of unres_qlen_bytes', () => {
  const lab = new HostLab()
  assert.equal([get(lab, 'neigh.eth0.unres_qlen'), get(lab, 'neigh.eth0.unres_qlen_bytes')], ['101', '212992'])
  set(lab, 'neigh.eth0.unres_qlen', 3)
  assert.is(get(lab, 'neigh.eth0.unres_qlen_bytes'), '6270')
})

/** Key, value, and what the kernel says to it. */
const LIMITS = [
  ['ip_default_ttl', 0, 'EINVAL'],
  ['ip_default_ttl', 255, 'ok'],
  ['ip_default_ttl', 256, 'EINVAL'],
  ['icmp_ratelimit', -1, 'EINVAL'],
  ['icmp_echo_ignore_all', 2, 'EINVAL'],
  ['ipfrag_high_thresh', 3145727, 'EINVAL'],
  ['ipfrag_low_thresh', 4194305, 'EINVAL'],
  ['ipfrag_low_thresh', 0, 'ok'],
  ['ipfrag_high_thresh', 0, 'ok'],
  ['igmp_qrv', 0, 'EINVAL'],
  ['route.min_pmtu', 67, 'EINVAL'],
  ['ip_local_port_range', '40000 30000', 'EINVAL'],
  ['ip_forward', 'on', 'EINVAL'],
  ['ip_forward', 2, 'ok'],
  ['neigh.default.retrans_time_ms', 1, 'ENOENT'],
  ['conf.eth7.rp_filter', 1, 'ENOENT'],
] as const

test('values beyond their limits are refused, and keys that are not there', () => {
  const lab = new HostLab()
  for (const [key, value, expected] of LIMITS) assert.is(set(lab, key, value), expected, `${key} = ${value}`)
})

test('every key that is listed can be read, and takes back what was read', () => {
  const lab = new HostLab()
  for (const entry of lab.t.sysctl.list().filter(e => e.name.startsWith('net.ipv4.'))) {
    const text = entry.read?.() ?? ''
    const isText = entry.name.endsWith('_congestion_control')
    if (!isText && !['net.ipv4.ip_local_reserved_ports', 'net.ipv4.route.flush'].includes(entry.name))
      assert.match(text, /^-?\d+(\s+-?\d+)*$/)
    entry.write?.(text)
    assert.is(entry.read?.() ?? '', text, entry.name)
  }
})

test.run()
