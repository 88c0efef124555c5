#!/usr/bin/env python3
"""Records what Linux makes of random packets that pass a router with connection tracking.

As root: record-conntrack.py SEED COUNT > conntrack-NAME.jsonl
Each line is a connection: its packets as hex ({78*1400}: 1400 times that octet) with the direction (0 from the left), and after each of them the state that
`-m conntrack` saw (INV, NEW, EST, REL; null when the packet did not come out) and the entries in /proc/net/nf_conntrack
without addresses, sorted. `set` are sysctls that differ from the defaults.
"""
import ctypes, json, os, random, re, socket, struct, subprocess, sys, time, select

LIBC = ctypes.CDLL(None, use_errno=True)
NETNS = ('ctl', 'ctr', 'cts')
MAC = {'l': bytes.fromhex('020000000001'), 'rl': bytes.fromhex('020000000002'),
       'rr': bytes.fromhex('020000000003'), 's': bytes.fromhex('020000000004')}
LEFT, RIGHT = '10.0.1.2', '10.0.2.2'
TOS = {0x04: 'INV', 0x08: 'NEW', 0x0c: 'EST', 0x10: 'REL'}

def sh(text):
    subprocess.run(text, shell=True, check=True, stderr=subprocess.DEVNULL)

def setup():
    for n in NETNS:
        subprocess.run(f'ip netns del {n}', shell=True, stderr=subprocess.DEVNULL)
        sh(f'ip netns add {n}; ip netns exec {n} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1')
    sh('''ip -n ctl link add e type veth peer name left netns ctr
    ip -n cts link add e type veth peer name right netns ctr
    ip -n ctl link set e address 02:00:00:00:00:01 up; ip -n ctr link set left address 02:00:00:00:00:02 up
    ip -n ctr link set right address 02:00:00:00:00:03 up; ip -n cts link set e address 02:00:00:00:00:04 up
    ip -n ctr addr add 10.0.1.1/24 dev left; ip -n ctr addr add 10.0.2.1/24 dev right
    ip -n ctr neigh add 10.0.1.2 lladdr 02:00:00:00:00:01 dev left nud permanent
    ip -n ctr neigh add 10.0.2.2 lladdr 02:00:00:00:00:04 dev right nud permanent
    ip netns exec ctr sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.left.rp_filter=0 net.ipv4.conf.right.rp_filter=0''')
    for state, tos in (('INVALID', 4), ('NEW', 8), ('ESTABLISHED', 12), ('RELATED', 16)):
        sh(f'ip netns exec ctr iptables-legacy -t mangle -A FORWARD -m conntrack --ctstate {state} -j TOS --set-tos {tos}')

def enter(name):
    fd = os.open(f'/var/run/netns/{name}', os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno())
    os.close(fd)

def raw_socket(name):
    enter(name)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    s.bind(('e', 0x0800))
    s.setblocking(False)
    return s

def csum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def ipv4(src, dst, proto, payload, ttl=64):
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 1, 0x4000, ttl, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack('!H', csum(head)) + head[12:] + payload

def pseudo(src, dst, proto, n):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack('!BBH', 0, proto, n)

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32

def tcp(src, dst, sport, dport, seq, ack, flags, win, options=b'', data=b'', bad=False, doff=None):
    while len(options) % 4:
        options += b'\1'
    off = (20 + len(options)) // 4 if doff is None else doff
    seg = struct.pack('!HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, off << 4, flags, win, 0, 0) + options + data
    c = csum(pseudo(src, dst, 6, len(seg)) + seg) ^ (1 if bad else 0)
    return ipv4(src, dst, 6, seg[:16] + struct.pack('!H', c) + seg[18:])

def udp(src, dst, sport, dport, data, bad=False, length=None, nocsum=False):
    d = struct.pack('!HHHH', sport, dport, 8 + len(data) if length is None else length, 0) + data
    c = (csum(pseudo(src, dst, 17, len(d)) + d) or 0xffff) ^ (1 if bad else 0)
    return ipv4(src, dst, 17, d[:6] + struct.pack('!H', 0 if nocsum else c) + d[8:])

def icmp(src, dst, typ, code, rest, data, bad=False):
    m = struct.pack('!BBHI', typ, code, 0, rest) + data
    return ipv4(src, dst, 1, m[:2] + struct.pack('!H', csum(m) ^ (1 if bad else 0)) + m[4:])

class Tcp:
    """Two ends that mostly know what they do."""
    def __init__(self, rng, port):
        self.rng, self.ports = rng, (port, 80)
        self.isn = [rng.choice((0, 1, 1000, 0x7fffff00, 0xffffff00, 0xffffffff, rng.getrandbits(32))) for _ in '12']
        self.nxt = list(self.isn)
        self.sent = 0
        self.wscale = [rng.choice((None, 0, 7, 14, 15)) for _ in '12']
        self.sack = [rng.random() < .6 for _ in '12']
        self.script = rng.choice(SCRIPTS)

    def options(self, d, flags):
        rng = self.rng
        if flags & SYN:
            o = b'\2\4\5\xb4' if rng.random() < .8 else b''
            if self.sack[d]:
                o += b'\4\2'
            if rng.random() < .5:
                o += b'\x08\x0a' + struct.pack('!II', 1, 0)
            if self.wscale[d] is not None:
                o += b'\1\3\3' + bytes((self.wscale[d],))
            return o[:40]
        if rng.random() < .1:
            base = self.nxt[1 - d] + rng.choice((0, 100, 1460, 70000))
            return b'\1\1\5\x0a' + struct.pack('!II', base & 0xffffffff, (base + rng.choice((1, 100, 1460))) & 0xffffffff)
        if rng.random() < .2:
            return b'\1\1\x08\x0a' + struct.pack('!II', 2, 1)
        if rng.random() < .02:
            return rng.choice((b'\5\1', b'\x42', b'\x42\x28', b'\0\5\x0a', b'\3\3\7'))
        return b''

    def packet(self, i):
        rng = self.rng
        if i < len(self.script) and rng.random() < .9:
            d, flags, n = self.script[i]
        else:
            d = rng.randrange(2)
            flags = rng.choice((SYN, SYN, SYN | ACK, ACK, ACK, ACK, ACK, ACK | PSH, FIN | ACK, FIN | ACK, RST, RST | ACK, RST, FIN, 0, SYN | FIN, ACK | URG,
                                SYN | URG, SYN | RST, FIN | ACK | URG | PSH, 0xc0 | SYN, 0x40 | ACK, 0xc0 | ACK))
            n = rng.choice((0, 0, 0, 1, 100, 1400))
        seq = self.nxt[d]
        ack = self.nxt[1 - d] if flags & ACK else rng.choice((0, 0, 0, self.nxt[1 - d]))
        if flags & SYN and rng.random() < .8:
            seq = self.isn[d]
        x = rng.random()
        if x < .06:
            seq += rng.choice((-1, 1, -100, 100, -1400, 1400, 65535, 65536, -65536, 70000, 1 << 20, 1 << 30, 1 << 31))
        elif x < .08:
            seq = rng.choice((0, self.isn[d], self.isn[d] + 1, rng.getrandbits(32)))
        x = rng.random()
        if x < .06:
            ack += rng.choice((-1, 1, -100, 100, -1400, 1400, 65535, -66000, -66001, -65999, 70000, 1 << 20, 1 << 31))
        elif x < .08:
            ack = rng.choice((0, self.isn[1 - d], rng.getrandbits(32)))
        if flags & SYN and not flags & ACK and rng.random() < .15:
            self.isn[d] = seq = rng.choice((seq + 100000, rng.getrandbits(32))) & 0xffffffff
        win = rng.choice((65535, 65535, 8192, 29200, 512, 1, 0))
        end = seq + n + (1 if flags & SYN else 0) + (1 if flags & FIN else 0)
        if rng.random() < .93 and ((end - self.nxt[d]) & 0xffffffff) < 0x80000000:
            self.nxt[d] = end & 0xffffffff
        src, dst = ((LEFT, RIGHT), (RIGHT, LEFT))[d]
        sport, dport = self.ports if d == 0 else self.ports[::-1]
        bad = rng.random() < .01
        doff = rng.choice((4, 15)) if rng.random() < .005 else None
        return d, tcp(src, dst, sport, dport, seq, ack, flags, win, self.options(d, flags), b'x' * n, bad, doff)

def script(text):
    flags = {'S': SYN, 'A': ACK, 'F': FIN, 'R': RST}
    out = []
    for word in text.split():
        d = 0 if word[0] == '>' else 1
        m = re.fullmatch(r'[<>]([SAFR]+)(\d*)', word)
        out.append((d, sum(flags[c] for c in m[1]), int(m[2] or 0)))
    return out

SCRIPTS = [script(t) for t in (
    '>S <SA >A >A100 <A <A1400 >A >FA <A <FA >A >S <SA >A',
    '>S <SA >A >A1 <A >FA <FA >A >A >S <SA',
    '>S <SA >A <FA >A >FA <A <S >SA <A',
    '>S <RA >S <RA', '>S >S >S <SA <SA >A', '>S <S >SA <SA >A <A', '>S <S <SA >A',
    '>S <A >R >S <SA >A', '>S <SA >A >S <A >R >S <SA >A', '>S <SA >A >RA <A >S <SA',
    '>S <SA >A <A100 >A <R >S', '>S <SA >A >FA >FA <A <FA <FA >A >S',
    '>A <A >A >FA <FA >A', '<A >A <A', '>FA <A <FA >A', '<SA >A', '>A100 <A >A100 <A <R',
    '>S <SA >A >A >A >A >A >A <A', '>S <SA >A >FA <A <FA >S <A >R', '>S <SA >A >FA <A <FA >S <A >A',
    '>S <SA >A >A100 >A100 >A100 >A100 <A', '>S <SA >R', '>S <SA >A >R <R >S', '')]

class Udp:
    def __init__(self, rng, port):
        self.rng, self.ports = rng, (port, 53)
    def packet(self, i):
        rng = self.rng
        d = 0 if i == 0 and rng.random() < .8 else rng.randrange(2)
        src, dst = ((LEFT, RIGHT), (RIGHT, LEFT))[d]
        sport, dport = self.ports if d == 0 else self.ports[::-1]
        n = rng.choice((0, 1, 7, 100))
        return d, udp(src, dst, sport, dport, b'y' * n, rng.random() < .05,
                      rng.choice((0, 7, 8, 9, 100, 2000)) if rng.random() < .08 else None, rng.random() < .1)

class Icmp:
    def __init__(self, rng, port):
        self.rng, self.port = rng, port
        self.type = rng.choice((8, 8, 8, 13, 15, 17, 10, 9, 5, 30, 42))
    def packet(self, i):
        rng = self.rng
        d = 0 if i == 0 else rng.randrange(2)
        src, dst = ((LEFT, RIGHT), (RIGHT, LEFT))[d]
        answer = {8: 0, 13: 14, 15: 16, 17: 18}.get(self.type, self.type)
        typ = self.type if d == 0 else answer
        if rng.random() < .1:
            typ = rng.choice((0, 8, 14, 13, 18, 19, 255))
        return d, icmp(src, dst, typ, rng.choice((0, 0, 0, 1)), self.port << 16 | i, b'z' * rng.choice((0, 8, 56)), rng.random() < .03)

def with_errors(inner, rng):
    """Packets of a connection, and ICMP errors about them."""
    past = []
    def packet(i):
        if past and rng.random() < .2:
            d, quoted = rng.choice(past)
            src, dst = ((RIGHT, LEFT), (LEFT, RIGHT))[d]
            if rng.random() < .1:
                src, dst = dst, src
            typ, code = rng.choice(((3, 3), (3, 1), (3, 4), (11, 0), (12, 0), (5, 1), (4, 0)))
            keep = rng.choice((len(quoted), 28, 28, 24, 20, 30))
            return 1 - d if rng.random() < .9 else d, icmp(src, dst, typ, code, 0x578, quoted[:keep], rng.random() < .03)
        d, p = inner.packet(i)
        past.append((d, p))
        return d, p
    return packet

SYSCTLS = ({}, {}, {}, {'tcp_loose': 0}, {'tcp_be_liberal': 1}, {'tcp_max_retrans': 0}, {'tcp_ignore_invalid_rst': 1}, {'checksum': 0})

def short(text):
    """Long runs of one octet as {OCTET*TIMES}."""
    return re.sub(r'(?:78){16,}|(?:79){16,}|(?:7a){16,}', lambda m: '{%s*%d}' % (m[0][:2], len(m[0]) // 2), text)

def entry(key):
    with open('/proc/net/nf_conntrack') as f:
        lines = [l.strip() for l in f if key(l)]
    return [re.sub(r'(src|dst|sport|dport|id|zone|use|mark)=\S+ ?', '', re.sub(r'^ipv4 +2 ', '', l)).strip() for l in lines]

def main():
    rng = random.Random(int(sys.argv[1]))
    count = int(sys.argv[2])
    setup()
    socks = (raw_socket('ctl'), raw_socket('cts'))
    enter('ctr')
    for n in range(count):
        sysctls = rng.choice(SYSCTLS)
        for k, v in sysctls.items():
            with open(f'/proc/sys/net/netfilter/nf_conntrack_{k}', 'w') as f:
                f.write(str(v))
        port = 1024 + n % 60000
        kind = rng.choice((Tcp, Tcp, Tcp, Tcp, Tcp, Tcp, Udp, Icmp))
        inner = kind(rng, port)
        make = with_errors(inner, rng) if rng.random() < .3 else inner.packet
        if kind is Icmp:
            key = lambda l: f' id={port} ' in l
        else:
            key = lambda l: f'sport={port} ' in l or f'dport={port} ' in l
        steps = []
        for i in range(rng.randrange(1, 16)):
            d, p = make(i)
            for s in socks:
                while True:
                    try: s.recv(65536)
                    except BlockingIOError: break
            frame = (MAC['rl'] + MAC['l'], MAC['rr'] + MAC['s'])[d] + b'\x08\x00' + p
            socks[d].send(frame)
            # Where the packet is addressed to decides where it comes out.
            out = socks[1 if p[16:20] == socket.inet_aton(RIGHT) else 0]
            state = None
            until = time.monotonic() + .05
            while state is None and time.monotonic() < until:
                if not select.select([out], [], [], .02)[0]: continue
                got, where = out.recvfrom(65536)
                if where[2] == socket.PACKET_OUTGOING: continue
                state = TOS.get(got[15], '?')
            lines = entry(key)
            steps.append([d, short(p.hex()), state, sorted(lines)])
        for k in sysctls:
            default = {'tcp_loose': 1, 'tcp_be_liberal': 0, 'tcp_max_retrans': 3, 'tcp_ignore_invalid_rst': 0, 'checksum': 1}[k]
            with open(f'/proc/sys/net/netfilter/nf_conntrack_{k}', 'w') as f:
                f.write(str(default))
        print(json.dumps({'set': sysctls, 'steps': steps}, separators=(',', ':')))
        subprocess.run(['conntrack', '-F'], stderr=subprocess.DEVNULL)
    for n in NETNS:
        subprocess.run(f'ip netns del {n}', shell=True)

main()
