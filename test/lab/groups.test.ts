/** Groups of sockets: who receives what, by IP_ADD_MEMBERSHIP, source filters and IP_MULTICAST_ALL (igmp.c ip_mc_sf_allow). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, ms, NetloomError, type UdpSocket, type World } from '../../lib/index.js'

const test = suite('lab/groups')

const GROUP = '239.1.2.3'

/** h1 (10.0.0.1 and .11) - h2 (10.0.0.2), each with a default route by eth0. */
const pair = (): World => {
  const world = createWorld({ seed: 1 })
  world.sh(`
    ip netns add h1
    ip netns add h2
    ip -n h1 link add eth0 type veth peer name eth0 netns h2
    ip -n h1 addr add 10.0.0.1/24 dev eth0
    ip -n h1 addr add 10.0.0.11/24 dev eth0
    ip -n h2 addr add 10.0.0.2/24 dev eth0
    ip -n h1 link set eth0 up
    ip -n h2 link set eth0 up
    ip -n h2 link set lo up
    ip -n h1 route add default dev eth0
    ip -n h2 route add default dev eth0
    sleep 1`)
  return world
}

class Listeners {
  readonly world: World = pair()
  readonly heard: string[] = []

  open(name: string, options: { readonly mcastAll?: boolean } = {}): UdpSocket {
    return this.world
      .netns('h2')
      .udp.bind({ port: 5000, reuseAddr: true, ...options }, d => this.heard.push(`${name} ${d.text}`))
  }

  /** Sends a datagram from each of h1's addresses and says who heard it. */
  send(group = GROUP): string[] {
    for (const address of ['10.0.0.1', '10.0.0.11']) {
      const socket = this.world.netns('h1').udp.bind({ address, mcastIf: 'eth0' })
      socket.sendTo(address === '10.0.0.1' ? 'from1' : 'from11', { address: group, port: 5000 })
      this.world.run({ for: ms(10) })
      socket.close()
    }
    return this.heard.splice(0).sort()
  }
}

const codeOf = (fn: () => unknown): string => {
  try {
    fn()
    return 'ok'
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return e.code
  }
}

test('a socket hears the sources that its filter lets through, others of the host notwithstanding', () => {
  const lab = new Listeners()
  const all = lab.open('all')
  const one = lab.open('one')
  all.joinGroup(GROUP)
  one.joinGroup(GROUP, { source: '10.0.0.11' })
  assert.equal(lab.send(), ['all from1', 'all from11', 'one from11'])
  all.blockSource(GROUP, '10.0.0.1')
  assert.equal(lab.send(), ['all from11', 'one from11'])
  assert.equal(all.groupFilter(GROUP), { mode: 'exclude', sources: ['10.0.0.1'] })
  all.unblockSource(GROUP, '10.0.0.1')
  one.joinGroup(GROUP, { source: '10.0.0.1' })
  assert.equal(lab.send(), ['all from1', 'all from11', 'one from1', 'one from11'])
  one.setGroupFilter(GROUP, { mode: 'include', sources: ['10.0.0.1'] })
  assert.equal(lab.send(), ['all from1', 'all from11', 'one from1'])
  one.leaveGroup(GROUP, { source: '10.0.0.1' })
  assert.is(
    codeOf(() => one.groupFilter(GROUP)),
    'EADDRNOTAVAIL',
  )
})

test('without a source that anybody wants the packet ends before it is delivered', () => {
  const lab = new Listeners()
  lab.open('one').joinGroup(GROUP, { source: '10.0.0.11' })
  assert.equal(lab.send(), ['one from11'])
  assert.ok(lab.world.netns('h2').drops().length > 0)
})

test('a socket that has joined nothing hears groups of others, unless IP_MULTICAST_ALL is off', () => {
  const lab = new Listeners()
  lab.open('member').joinGroup(GROUP)
  lab.open('other')
  lab.open('strict', { mcastAll: false })
  assert.equal(lab.send(), ['member from1', 'member from11', 'other from1', 'other from11'])
})

test('limits: 20 groups of a socket, 10 sources of a filter', () => {
  const lab = new Listeners()
  const socket = lab.open('many')
  for (let i = 1; i <= 20; i++) socket.joinGroup(`239.0.0.${i}`)
  assert.is(
    codeOf(() => socket.joinGroup('239.0.0.21')),
    'ENOBUFS',
  )
  lab.world.netns('h2').sysctl.set('net.ipv4.igmp_max_memberships', 21)
  for (let i = 1; i <= 10; i++) socket.joinGroup('239.0.0.21', { source: `10.0.1.${i}` })
  assert.is(
    codeOf(() => socket.joinGroup('239.0.0.21', { source: '10.0.1.11' })),
    'ENOBUFS',
  )
  lab.world.netns('h2').sysctl.set('net.ipv4.igmp_max_msf', 11)
  socket.joinGroup('239.0.0.21', { source: '10.0.1.11' })
})

test('errors of the calls are those of Linux', () => {
  const lab = new Listeners()
  const socket = lab.open('one')
  const codes = [
    () => socket.joinGroup('10.0.0.9'),
    () => socket.leaveGroup(GROUP),
    () => socket.blockSource(GROUP, '10.0.0.1'),
    () => socket.joinGroup(GROUP),
    () => socket.joinGroup(GROUP),
    () => socket.unblockSource(GROUP, '10.0.0.1'),
    () => socket.blockSource(GROUP, '10.0.0.1'),
    () => socket.blockSource(GROUP, '10.0.0.1'),
    () => socket.joinGroup(GROUP, { source: '10.0.0.1' }),
    () => socket.leaveGroup(GROUP, { source: '10.0.0.1' }),
    () => socket.setGroupFilter(GROUP, { mode: 'include', sources: [] }),
    () => socket.setGroupFilter(GROUP, { mode: 'include', sources: ['10.0.0.1'] }),
  ].map(codeOf)
  assert.equal(codes, [
    'EINVAL',
    'EADDRNOTAVAIL',
    'EINVAL',
    'ok',
    'EADDRINUSE',
    'EADDRNOTAVAIL',
    'ok',
    'EADDRNOTAVAIL',
    'EINVAL',
    'EINVAL',
    'ok',
    'EINVAL',
  ])
})

test('ip maddr as calls: groups of sockets with their users, link-layer addresses that were asked for', () => {
  const lab = new Listeners()
  const h2 = lab.world.netns('h2')
  lab.open('a').joinGroup(GROUP)
  lab.open('b').joinGroup(GROUP)
  h2.maddr.add('01:00:5e:01:02:03', { dev: 'eth0' })
  const list = h2.maddr.list({ dev: 'eth0' }).filter(m => m.address === GROUP || m.address === '01:00:5e:01:02:03')
  assert.equal(list, [
    { dev: 'eth0', family: 'link', address: '01:00:5e:01:02:03', users: 2, isStatic: true },
    { dev: 'eth0', family: 'inet', address: GROUP, users: 2, isStatic: false },
  ])
  h2.maddr.del('01:00:5e:01:02:03', { dev: 'eth0' })
  assert.is(
    codeOf(() => h2.maddr.del('01:00:5e:01:02:03', { dev: 'eth0' })),
    'ENOENT',
  )
  assert.is(
    codeOf(() => h2.maddr.add('01:00:5e:01:02:03', { dev: 'lo' })),
    'EINVAL',
  )
})

test('a connected sender hears itself as soon as somebody on its host joins', () => {
  const lab = new Listeners()
  const h2 = lab.world.netns('h2')
  const sender = h2.udp.connect(GROUP, 5000)
  assert.is(sender.mtu, 1500)
  sender.send('before')
  lab.world.run({ for: ms(10) })
  lab.open('member').joinGroup(GROUP)
  sender.send('after')
  lab.world.run({ for: ms(10) })
  assert.equal(lab.heard, ['member after'])
})

test.run()
