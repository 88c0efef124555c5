#!/usr/bin/env python3
"""talks.py OUT.jsonl [REGEX] - longer conversations of this kernel's TCP with a scripted peer, with times. Root; works in
a network namespace of its own, one for each conversation. README.md tells the form."""
import errno
import heapq
import json
import os
import re
import select
import signal
import socket
import struct
import sys
import time

from wire import KERNEL, PEER, Wire, new_namespace, state_of

BASE = ["net.ipv4.tcp_no_metrics_save=1", "net.ipv4.icmp_ratelimit=0", "net.ipv4.tcp_congestion_control=reno"]
INFO = [("state", "B", 0), ("ca", "B", 1), ("retransmits", "B", 2), ("probes", "B", 3), ("backoff", "B", 4), ("rto", "I", 8), ("ato", "I", 12), ("snd_mss", "I", 16), ("rcv_mss", "I", 20),
        ("unacked", "I", 24), ("sacked", "I", 28), ("lost", "I", 32), ("retrans", "I", 36), ("rcv_ssthresh", "I", 64), ("rtt", "I", 68), ("rttvar", "I", 72), ("ssthresh", "I", 76), ("cwnd", "I", 80),
        ("advmss", "I", 84), ("reordering", "I", 88), ("rcv_rtt", "I", 92), ("rcv_space", "I", 96), ("total_retrans", "I", 100), ("notsent", "I", 144), ("dsack_dups", "I", 216), ("reord_seen", "I", 220), ("rcv_ooopack", "I", 224), ("snd_wnd", "I", 228), ("rcv_wnd", "I", 232)]
FULL = "mss 1460,sok,ts 0 =0,nop,ws 7"
ALL = {}


def talk(about, cc="cubic", opts=FULL, mtu=1500, sysctl=(), seconds=2.0, isn=0x10000000):
    def wrap(fn):
        ALL[fn.__name__.replace("_", "-")] = (fn, dict(about=about, cc=cc, opts=opts, mtu=mtu, sysctl=sysctl, seconds=seconds, isn=isn))
        return fn
    return wrap


class Seg:
    """A segment of the kernel, read from its text."""

    def __init__(self, text):
        m = re.match(r"(\S+) (=?-?\d+)\+(\d+)(?: ack (-?\d+))? win (\d+)", text)
        self.text, self.flags = text, m[1]
        self.seq = int(m[2].lstrip("="))
        self.len = int(m[3])
        self.ack = int(m[4] or 0)
        self.win = int(m[5])
        self.end = self.seq + self.len + (1 if "S" in self.flags or "F" in self.flags else 0)
        ts = re.search(r"ts (-?\d+) ", text)
        self.ts = int(ts[1]) if ts else None


class Talk:
    def __init__(self, name, about, cc, opts, mtu, sysctl, seconds, isn):
        self.name, self.cc, self.opts, self.seconds, self.about = name, cc, opts, seconds, about
        self.sysctl, self.mtu, self.isn = list(sysctl), mtu, isn
        self.fd = new_namespace(mtu, [*BASE, *("net.ipv4." + s if not s.startswith("net.") else s for s in sysctl)])
        time.sleep(0.1)
        self.wire = Wire(self.fd, 7000, 8000, isn)
        self.wire.stars = False
        self.t0, self.events, self.heap, self.n = None, [], [], 0
        self.sock = self.lsn = None
        self.info = {}
        self.on = lambda s: None            # what the peer does with a segment of the kernel
        self.ts_out = "ts" in opts
        self.peer_nxt = 1                   # the peer's next number
        self.ack = 1                        # what the peer has in order
        self.win = 502
        self.have = []                      # [from, to) out of order
        self.chunk = b"x" * 65536
        self.rtt = 0

    # -- time

    def now(self):
        return (time.monotonic() - self.t0) * 1000

    def at(self, ms, fn):
        self.n += 1
        heapq.heappush(self.heap, (ms, self.n, fn))

    def after(self, ms, fn):
        self.at(self.now() + ms, fn)

    # -- the record

    def note(self, text):
        e = [round(self.now(), 1), text]
        self.events.append(e)
        return e

    def look(self):
        """TCP_INFO behind the latest event: what has changed."""
        if self.sock is None:
            return
        b = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        new = {k: struct.unpack_from("=" + f, b, o)[0] for k, f, o in INFO if o + 4 <= len(b)}
        new["ws"] = b[6]
        diff = {k: v for k, v in new.items() if self.info.get(k) != v}
        self.info = new
        if diff and self.events:
            e = self.events[-1]
            if len(e) == 3:
                e[2].update(diff)
            else:
                e.append(diff)

    # -- what the peer and the program do

    def say(self, text, ts=None, ecr=None):
        """Sends a segment of the peer; timestamps are put in: its clock, and the kernel's latest or the given one."""
        w = self.wire
        if self.ts_out and "<" not in text:
            a, _, mods = text.partition(" !")
            val = int(self.now()) if ts is None else ts
            e = (w.last_ts - w.kts if ecr is None else ecr) if w.kts is not None else 0
            text = "%s <nop,nop,ts %d %d>%s" % (a, val, e, " !" + mods if mods else "")
        self.note("< " + text)
        w.send(text)
        self.drain()
        self.look()

    def ackit(self, sacks=(), win=None, ack=None, ecr=None):
        t = "A %d+0 ack %d win %d" % (self.peer_nxt, self.ack if ack is None else ack, self.win if win is None else win)
        if sacks:
            s = "sack " + " ".join("%d:%d" % x for x in sacks)
            e = (self.wire.last_ts - self.wire.kts if ecr is None else ecr) if self.ts_out else 0
            t += " <nop,nop,ts %d %d,nop,nop,%s>" % (int(self.now()), e, s) if self.ts_out else " <nop,nop,%s>" % s
        self.say(t, ecr=ecr)

    def data(self, n, flags="PA"):
        t = "%s %d+%d ack %d win %d" % (flags, self.peer_nxt, n, self.ack, self.win)
        self.peer_nxt += n + (1 if "F" in flags else 0)
        self.say(t)

    def listen(self, **opts):
        k = self.lsn = socket.socket()
        k.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setopts(k, opts)
        k.bind((KERNEL, 7000))
        k.listen(8)
        self.note("call listen" + "".join(" %s=%s" % x for x in opts.items()))

    def connect(self, **opts):
        k = self.sock = socket.socket()
        self.setopts(k, opts)
        self.ccset()
        k.bind((KERNEL, 7000))
        k.setblocking(False)
        self.note("call connect" + "".join(" %s=%s" % x for x in opts.items()))
        k.connect_ex((PEER, 8000))
        self.drain()
        self.look()

    def ccset(self):
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, self.cc.encode())

    def setopts(self, k, opts):
        for name, v in opts.items():
            level, num = {"rcvbuf": (1, 8), "sndbuf": (1, 7), "nodelay": (6, 1), "cork": (6, 3), "keepalive": (1, 9), "keepidle": (6, 4), "keepintvl": (6, 5), "keepcnt": (6, 6), "user_timeout": (6, 18),
                          "maxseg": (6, 2), "linger2": (6, 8), "quickack": (6, 12), "syncnt": (6, 7), "window_clamp": (6, 10), "defer_accept": (6, 9)}[name]
            k.setsockopt(level, num, v)

    def set(self, **opts):
        self.note("call set" + "".join(" %s=%s" % x for x in opts.items()))
        self.setopts(self.sock, opts)
        self.drain()
        self.look()

    def accept(self):
        self.sock, _ = self.lsn.accept()
        self.sock.setblocking(False)
        self.ccset()
        self.note("call accept")
        self.look()

    def establish(self, win=64240, **opts):
        """Passive open over the round trip of the receiver (0 without one), then accept."""
        self.listen(**opts)
        self.say("S 0+0 win %d <%s>" % (win, self.opts))
        time.sleep(self.rtt / 1000)
        self.say("A 1+0 ack 1 win %d" % self.win)
        self.accept()

    def send(self, n):
        """One write; what the buffer does not take is counted."""
        e = self.note("call send %d" % n)
        try:
            took = self.sock.send(b"x" * n)
        except OSError as x:
            took = errno.errorcode[x.errno]
        if took != n:
            e[1] += " = %s" % took
        self.drain()
        self.look()
        return took

    def recv(self, n):
        e = self.note("call recv %d" % n)
        try:
            got = len(self.sock.recv(n))
        except OSError as x:
            got = errno.errorcode[x.errno]
        if got != n:
            e[1] += " = %s" % got
        self.drain()
        self.look()
        return got

    def shutdown(self):
        self.note("call shutdown")
        self.sock.shutdown(1)
        self.drain()
        self.look()

    def close(self):
        self.note("call close")
        k, self.sock = self.sock, None
        k.close()
        self.drain()

    def drain(self):
        for t in self.wire.read():
            self.note("> " + t)
            if not t.startswith("icmp"):
                self.heard.append(Seg(t))

    def run(self, fn):
        self.heard = []
        self.t0 = time.monotonic()
        fn(self)
        quiet = False
        while True:
            while self.heard:
                self.on(self.heard.pop(0))
            now = self.now()
            if now >= self.seconds * 1000:
                break
            if self.heap and self.heap[0][0] <= now:
                heapq.heappop(self.heap)[2]()
                continue
            left = min(self.seconds * 1000, self.heap[0][0] if self.heap else 1e9) - now
            if select.select([self.fd], [], [], max(left, 0) / 1000)[0]:
                n = len(self.events)
                self.drain()
                if len(self.events) > n:
                    self.look()
        end = {"state": state_of(7000, 8000)}
        if self.sock is not None:
            err = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if err:
                end["error"] = errno.errorcode[err]
        self.note("end " + end["state"] + (" " + end["error"] if "error" in end else ""))
        return {"name": self.name, "about": self.about, "cc": self.cc, "mtu": self.mtu, "isn": self.isn, "sysctl": [*BASE, *("net.ipv4." + s if not s.startswith("net.") else s for s in self.sysctl)], "events": self.events}


# ---------------------------------------------------------------- a peer that receives

def receiver(t, rtt=20, drop=(), delay=None, every=1, sack=True, dup=(), win=None, dsack=True, upto=None):
    """The peer as an honest receiver at the far end of a path of rtt ms. drop: numbers (from 1) of data segments that are
    lost; delay: {number: ms more}; every: acknowledges every n-th in order; dup: numbers that arrive twice."""
    st = {"n": 0, "pending": 0, "recent": []}
    delay = delay or {}
    t.rtt = rtt

    def arrive(s):
        if s.len == 0 and "F" not in s.flags:
            return
        d = None
        if s.end <= t.ack:
            d = (s.seq, s.end)
            if dsack and sack:
                blocks = [d] + st["recent"][:3]
            t.ackit(blocks if dsack and sack else (), ecr=s.ts)
            return
        have = sorted([*t.have, (s.seq, s.end)])
        merged = []
        for a, b in have:
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], b))
            else:
                merged.append((a, b))
        if merged[0][0] <= t.ack:
            filled = t.have != []
            t.ack = max(t.ack, merged.pop(0)[1])
            t.have = merged
            st["recent"] = [r for r in st["recent"] if r in merged]
            st["pending"] += 1
            if merged or filled or st["pending"] >= every or "F" in s.flags or "P" in s.flags:
                st["pending"] = 0
                t.ackit(([*st["recent"], *[m for m in merged if m not in st["recent"]]][:3] if sack else ()), ecr=s.ts, win=win and win(t))
        else:
            t.have = merged
            mine = next(m for m in merged if m[0] <= s.seq < m[1])
            st["recent"] = [mine] + [r for r in st["recent"] if r in merged and r != mine]
            t.ackit(st["recent"][:3] if sack else (), ecr=s.ts)

    def hear(s):
        if "R" in s.flags or (s.len == 0 and "F" not in s.flags):
            return
        st["n"] += 1
        n = st["n"]
        if n in drop:
            t.events.append([round(t.now(), 1), "lost %d+%d" % (s.seq, s.len)])
            return
        t.after(rtt + delay.get(n, 0), lambda: arrive(s))
        if n in dup:
            t.after(rtt + 1, lambda: arrive(s))
    t.on = hear


def rtt_of(how):
    return how.get("rtt", 20)


def sender_talk(name, about, n, cc, opts=FULL, seconds=1.5, fin=True, sysctl=(), sockopts=None, **how):
    def fn(t):
        receiver(t, **how)
        t.establish(**({"sndbuf": 2000000} if sockopts is None else sockopts))
        left = [n]

        def more():
            while left[0]:
                k = left[0] if sockopts is None else min(left[0], 65536)
                took = t.send(k)
                if isinstance(took, str):
                    t.after(5, more)
                    return
                left[0] -= took
            if fin:
                t.shutdown()
        t.at(10 + 2 * rtt_of(how), more)
    fn.__name__ = name
    talk(about, cc=cc, opts=opts, seconds=seconds, sysctl=sysctl)(fn)


NOTS, NOSACK = "mss 1460,nop,nop,sok,nop,ws 7", "mss 1460,nop,nop,ts 0 =0,nop,ws 7"
for cc in ("cubic", "reno"):
    sender_talk("send-100k-" + cc, "100 kB without loss, 20 ms", 100000, cc)
    sender_talk("send-400k-autotuned-" + cc, "400 kB without loss and without SO_SNDBUF: the send buffer grows", 400000, cc, seconds=2, sockopts={})
    sender_talk("send-400k-" + cc, "400 kB without loss, 20 ms: slow start until the buffers end it", 400000, cc, seconds=2)
    for k in (1, 2, 5, 10, 11, 20, 40, 60):
        sender_talk("send-100k-drop%d-%s" % (k, cc), "100 kB, data segment %d is lost" % k, 100000, cc, seconds=2, drop=(k,))
    sender_talk("send-200k-drop-burst-" + cc, "200 kB, segments 30 to 34 are lost", 200000, cc, seconds=2, drop=range(30, 35))
    sender_talk("send-200k-drop-two-" + cc, "200 kB, two losses in one window", 200000, cc, seconds=2, drop=(30, 38))
    sender_talk("send-200k-drop-and-rexmit-" + cc, "200 kB, segment 20 and its retransmission are lost", 200000, cc, seconds=3, drop=(20, 41, 42, 43))
    sender_talk("send-100k-drop-last-" + cc, "the last three segments are lost: tail loss probe", 100000, cc, seconds=2, drop=(68, 69, 70), fin=False)
    sender_talk("send-100k-drop-all-" + cc, "a whole flight is lost: retransmission timeout, slow start", 100000, cc, seconds=3, drop=range(11, 45))
    sender_talk("send-100k-nosack-drop5-" + cc, "100 kB without SACK, segment 5 is lost", 100000, cc, opts=NOSACK, seconds=2, drop=(5,), sack=False)
    sender_talk("send-100k-nosack-drop-two-" + cc, "100 kB without SACK, two losses (NewReno)", 100000, cc, opts=NOSACK, seconds=2, drop=(12, 15), sack=False)
    sender_talk("send-100k-nots-drop5-" + cc, "100 kB without timestamps, segment 5 is lost", 100000, cc, opts=NOTS, seconds=2, drop=(5,))
    sender_talk("send-100k-plain-drop5-" + cc, "100 kB, neither SACK nor timestamps nor window scale, segment 5 is lost", 60000, cc, opts="mss 1460", seconds=2, drop=(5,), sack=False)
    sender_talk("send-100k-reorder-" + cc, "segment 15 comes 3 ms late: reordering, no loss", 100000, cc, seconds=2, delay={15: 3})
    sender_talk("send-100k-reorder-late-" + cc, "segment 15 comes 15 ms late: a needless retransmission and its DSACK", 100000, cc, seconds=2, delay={15: 15})
    sender_talk("send-100k-spurious-rto-" + cc, "everything after segment 20 comes 300 ms late: timeout, then Eifel by timestamps", 100000, cc, seconds=3, delay={i: 300 for i in range(21, 31)})
    sender_talk("send-100k-spurious-rto-nots-" + cc, "the same without timestamps: F-RTO", 100000, cc, opts=NOTS, seconds=3, delay={i: 300 for i in range(21, 31)})
    sender_talk("send-100k-stretch-" + cc, "every fourth segment is acknowledged", 100000, cc, seconds=2, every=4)
    sender_talk("send-100k-delack-" + cc, "every second segment is acknowledged", 100000, cc, seconds=2, every=2)
    sender_talk("send-100k-dup-" + cc, "segments that arrive twice: DSACK without retransmission", 100000, cc, seconds=2, dup=(5, 25))
    sender_talk("send-100k-rtt-100-" + cc, "100 kB over 100 ms", 100000, cc, seconds=2.5, rtt=100)
    sender_talk("send-100k-rtt-0-" + cc, "100 kB at once", 100000, cc, seconds=1, rtt=0.5)
    sender_talk("send-1m-rtt-10-drop-" + cc, "1 MB over 10 ms, segment 200 is lost: the window after it", 1000000, cc, seconds=3, rtt=10, drop=(200,))


# ---------------------------------------------------------------- timers

@talk("SYN without answer: linear, then doubling", seconds=40)
def syn_retries(t):
    t.connect()


@talk("SYN without answer, tcp_syn_retries=2: error at the end", seconds=9, sysctl=["tcp_syn_retries=2", "tcp_syn_linear_timeouts=0"])
def syn_retries_2(t):
    t.connect()


@talk("SYN,ACK without answer", seconds=70)
def synack_retries(t):
    t.listen()
    t.say("S 0+0 win 64240 <%s>" % FULL)


@talk("SYN,ACK without answer, the SYN comes again", seconds=8)
def synack_syn_again(t):
    t.listen()
    for ms in (0, 500, 1600, 4000):
        t.at(ms, lambda: t.say("S 0+0 win 64240 <%s>" % FULL))


@talk("data without acknowledgement: the first timeout and its doubling", seconds=60)
def rto_series(t):
    t.establish()
    t.at(100, lambda: t.send(1000))


@talk("five segments without acknowledgement: tail loss probe, then timeouts", seconds=15)
def rto_series_burst(t):
    t.establish()
    t.at(100, lambda: t.send(7240))


@talk("ten segments without acknowledgement after a measured round trip of 50 ms", seconds=15)
def rto_series_rtt_50(t):
    receiver(t, rtt=50)
    t.establish()
    t.at(10, lambda: t.send(14480))
    def stop():
        t.on = lambda s: None
        t.send(14480)
    t.at(300, stop)


@talk("tcp_retries2=3: the connection ends with ETIMEDOUT", seconds=8, sysctl=["tcp_retries2=3"])
def retries2(t):
    t.establish()
    t.at(100, lambda: t.send(1000))


@talk("TCP_USER_TIMEOUT of 1.5 s", seconds=5)
def user_timeout(t):
    t.establish()
    t.set(user_timeout=1500)
    t.at(100, lambda: t.send(1000))


@talk("FIN without acknowledgement", seconds=20)
def fin_series(t):
    t.establish()
    t.at(100, t.shutdown)


@talk("FIN of an orphan without acknowledgement", seconds=60)
def fin_orphan(t):
    t.establish()
    t.at(100, t.close)


@talk("FIN of an orphan, tcp_orphan_retries=2", seconds=8, sysctl=["tcp_orphan_retries=2"])
def fin_orphan_2(t):
    t.establish()
    t.at(100, t.close)


@talk("LAST_ACK without acknowledgement", seconds=8, sysctl=["tcp_orphan_retries=3"])
def last_ack_series(t):
    t.establish()
    t.at(50, lambda: t.data(0, "FA"))
    t.at(200, t.close)


@talk("FIN_WAIT2 of an orphan, tcp_fin_timeout=2: what comes after it meets no socket", seconds=5, sysctl=["tcp_fin_timeout=2"])
def fin_wait2_timeout(t):
    t.establish()
    t.at(50, t.close)
    t.at(60, lambda: t.ackit(ack=2))
    t.at(1500, lambda: t.say("A 1+0 ack 2 win 502"))
    t.at(4000, lambda: t.say("FA 1+0 ack 2 win 502"))


@talk("FIN_WAIT2 with TCP_LINGER2 of 1 s", seconds=4)
def fin_wait2_linger2(t):
    t.establish()
    t.set(linger2=1)
    t.at(50, t.close)
    t.at(60, lambda: t.ackit(ack=2))
    t.at(2500, lambda: t.say("FA 1+0 ack 2 win 502"))


@talk("FIN_WAIT2 without close stays", seconds=5, sysctl=["tcp_fin_timeout=2"])
def fin_wait2_open(t):
    t.establish()
    t.at(50, t.shutdown)
    t.at(60, lambda: t.ackit(ack=2))
    t.at(4000, lambda: t.say("FA 1+0 ack 2 win 502"))


@talk("TIME_WAIT answers FINs again, and ends after 60 s", seconds=63)
def time_wait(t):
    t.establish()
    t.at(50, t.shutdown)
    t.at(60, lambda: t.ackit(ack=2))
    t.at(70, lambda: t.say("FA 1+0 ack 2 win 502"))
    for ms in (1000, 1100, 2000):
        t.at(ms, lambda: t.say("FA 1+0 ack 2 win 502"))
    t.at(59000, lambda: t.say("A 1+0 ack 2 win 502"))
    t.at(62500, lambda: t.say("A 2+0 ack 2 win 502"))


@talk("keepalive: idle 1 s, interval 1 s, 3 probes, no answer", seconds=6)
def keepalive(t):
    t.establish()
    t.set(keepidle=1, keepintvl=1, keepcnt=3, keepalive=1)


@talk("keepalive with answers", seconds=5)
def keepalive_answered(t):
    t.establish()
    t.set(keepidle=1, keepintvl=1, keepcnt=3, keepalive=1)
    t.on = lambda s: t.after(20, lambda: t.say("A 1+0 ack 1 win 502"))


@talk("keepalive with a user timeout", seconds=6)
def keepalive_user_timeout(t):
    t.establish()
    t.set(keepidle=1, keepintvl=1, keepcnt=9, keepalive=1, user_timeout=2500)


@talk("a window of nothing: probes and their doubling", seconds=30)
def persist(t):
    t.establish()
    t.at(50, lambda: t.say("A 1+0 ack 1 win 0"))
    t.at(100, lambda: t.send(1000))


@talk("a window of nothing, probes answered", seconds=30)
def persist_answered(t):
    t.establish()
    t.at(50, lambda: t.say("A 1+0 ack 1 win 0"))
    t.at(100, lambda: t.send(1000))
    t.on = lambda s: t.after(20, lambda: t.say("A 1+0 ack 1 win 0"))


@talk("a window that opens after two probes", seconds=5)
def persist_opened(t):
    t.establish()
    t.at(50, lambda: t.say("A 1+0 ack 1 win 0"))
    t.at(100, lambda: t.send(10000))
    t.at(1200, lambda: t.say("A 1+0 ack 1 win 8"))
    t.at(1700, lambda: t.say("A 1+0 ack 1025 win 502"))
    t.at(1900, lambda: t.say("A 1+0 ack 10001 win 502"))


@talk("a window smaller than a segment", seconds=8)
def small_window(t):
    t.win = 4
    t.establish()
    t.at(50, lambda: t.say("A 1+0 ack 1 win 4"))
    t.at(100, lambda: t.send(3000))
    t.at(1500, lambda: t.say("A 1+0 ack 513 win 4"))
    t.at(3000, lambda: t.say("A 1+0 ack 1025 win 502"))


@talk("the peer takes back window (shrinks)", seconds=4)
def shrink(t):
    t.establish()
    t.at(50, lambda: t.send(10000))
    t.at(70, lambda: t.say("A 1+0 ack 1449 win 5"))
    t.at(90, lambda: t.say("A 1+0 ack 1449 win 0"))
    t.at(1500, lambda: t.say("A 1+0 ack 10001 win 502"))


@talk("a window of nothing closed for an orphan", seconds=30, sysctl=["tcp_orphan_retries=3"])
def persist_orphan(t):
    t.establish()
    t.at(50, lambda: t.say("A 1+0 ack 1 win 0"))
    t.at(100, lambda: t.send(1000))
    t.at(150, t.close)


# ---------------------------------------------------------------- acknowledgements of the kernel

def feeder(name, about, gaps, size=1000, opts=FULL, seconds=3, reader=None, **kw):
    def fn(t):
        t.establish(**kw.get("sockopts", {}))
        at = 20
        for g in gaps:
            t.at(at, lambda: t.data(size))
            at += g
        if reader:
            reader(t, at)
    fn.__name__ = name
    talk(about, seconds=seconds, opts=opts, **{k: v for k, v in kw.items() if k != "sockopts"})(fn)


feeder("ack-quick-then-delayed", "30 small segments 10 ms apart: quick acknowledgements first", [10] * 30, 100, seconds=1.5)
feeder("ack-full-segments", "40 full segments 5 ms apart", [5] * 40, 1448, seconds=1.5)
feeder("ack-slow", "segments 100 ms apart", [100] * 25, 100, seconds=4)
feeder("ack-slow-300", "segments 300 ms apart", [300] * 12, 100, seconds=5)
feeder("ack-burst", "bursts of ten full segments", ([0.05] * 9 + [100]) * 5, 1448, seconds=2)
feeder("ack-quick-then-delayed-nots", "30 small segments without timestamps", [10] * 30, 100, opts=NOTS, seconds=1.5)


@talk("request and answer: the first turns pingpong on", seconds=2.5)
def pingpong(t):
    t.establish()
    def ask(i):
        t.data(50)
        t.recv(1000)
        t.after(5, lambda: t.send(100))
        t.ack += 100
        if i < 8:
            t.after(200, lambda: ask(i + 1))
    t.at(20, lambda: ask(0))


@talk("request without an answer in pingpong mode: the delayed acknowledgement", seconds=3)
def pingpong_silent(t):
    t.establish()
    def turn(i):
        t.data(50)
        t.recv(1000)
        if i < 4:
            t.send(100)
            t.ack += 100
            t.after(20, lambda: t.ackit())
        if i < 12:
            t.after(150, lambda: turn(i + 1))
    t.at(20, lambda: turn(0))


@talk("TCP_QUICKACK off and on", seconds=2)
def quickack(t):
    t.establish()
    t.set(quickack=0)
    for i in range(4):
        t.at(50 + i * 100, lambda: t.data(100))
    t.at(600, lambda: t.set(quickack=1))
    for i in range(4):
        t.at(700 + i * 100, lambda: t.data(100))


@talk("Nagle: small writes while data are out", seconds=2)
def nagle(t):
    receiver(t, rtt=50)
    t.establish()
    for i in range(10):
        t.at(20 + 7 * i, lambda: t.send(100))


@talk("TCP_NODELAY: small writes", seconds=2)
def nodelay(t):
    receiver(t, rtt=50)
    t.establish()
    t.set(nodelay=1)
    for i in range(10):
        t.at(20 + 7 * i, lambda: t.send(100))


@talk("TCP_CORK: waits for a full segment, 200 ms at most", seconds=2)
def cork(t):
    receiver(t, rtt=20)
    t.establish()
    t.set(cork=1)
    t.at(20, lambda: t.send(100))
    t.at(500, lambda: t.send(2000))
    t.at(1000, lambda: t.send(50))
    t.at(1050, lambda: t.set(cork=0))


@talk("minshall: a write longer than a segment, then a short one", seconds=1.5)
def minshall(t):
    receiver(t, rtt=50)
    t.establish()
    t.at(20, lambda: t.send(2000))
    t.at(30, lambda: t.send(100))
    t.at(40, lambda: t.send(1448))
    t.at(200, lambda: t.send(1500))


# ---------------------------------------------------------------- the kernel as receiver

def flood(name, about, total=2_000_000, rtt=10, size=1448, pace=None, chunk=65536, start=10, seconds=3, sysctl=(), sockopts=None, window=10, opts=FULL):
    """The peer sends as the kernel's window lets it, a growing number of segments a round trip; the program reads `chunk`
    every `pace` ms (None: all at once, whenever something is there)."""
    def fn(t):
        st = {"sent": 0, "cw": window, "edge": 0}
        def hear(s):
            if "S" in s.flags:
                return
            t.acked = s.ack
            t.after(rtt, burst)
        def burst():
            w = t.wire
            k = 0
            while k < st["cw"] and t.peer_nxt - 1 < total and t.peer_nxt + size <= w.edge and t.peer_nxt - w.rcv_nxt < st["cw"] * size:
                t.data(min(size, total - (t.peer_nxt - 1)), "A")
                k += 1
            st["cw"] = min(st["cw"] + 2, 200)
            if pace is None and k:
                t.recv(1 << 20)
        def read():
            t.recv(chunk)
            t.after(pace, read)
        t.establish(**(sockopts or {}))
        t.on = hear
        t.at(start, burst)
        if pace is not None:
            t.at(start + pace, read)
    fn.__name__ = name
    talk(about, seconds=seconds, sysctl=sysctl, opts=opts)(fn)


flood("receive-fast", "2 MB, the program reads at once")
flood("receive-fast-rtt-50", "2 MB over 50 ms, the program reads at once", rtt=50, seconds=4)
flood("receive-slow", "2 MB, the program reads 16 kB every 10 ms", pace=10, chunk=16384)
flood("receive-slower", "500 kB, the program reads 4 kB every 20 ms: the window closes", pace=20, chunk=4096, total=500_000)
flood("receive-never", "the program does not read", pace=100000, seconds=2)
flood("receive-536", "500 kB in segments of 536 bytes", size=536, total=500_000)
flood("receive-100", "100 kB in segments of 100 bytes: truesize", size=100, total=100_000)
flood("receive-no-moderation", "2 MB with tcp_moderate_rcvbuf=0", sysctl=["tcp_moderate_rcvbuf=0"])
flood("receive-rmem-6m", "2 MB with tcp_rmem 4096 131072 6291456", sysctl=["tcp_rmem=4096 131072 6291456"])
flood("receive-rmem-87380", "2 MB with tcp_rmem 4096 87380 6291456", sysctl=["tcp_rmem=4096 87380 6291456"])
flood("receive-rcvbuf-20000", "200 kB, SO_RCVBUF 20000", total=200_000, sockopts={"rcvbuf": 20000})
flood("receive-rcvbuf-20000-slow", "200 kB, SO_RCVBUF 20000, 4 kB every 10 ms", total=200_000, pace=10, chunk=4096, sockopts={"rcvbuf": 20000})
flood("receive-plain", "500 kB, no options", total=500_000, opts="mss 1460")
flood("receive-clamp", "200 kB, TCP_WINDOW_CLAMP 10000", total=200_000, sockopts={"window_clamp": 10000})


@talk("out of order data: SACK blocks, their order, DSACK, and the holes filled", seconds=2)
def receive_holes(t):
    t.establish()
    order = [1001, 3001, 5001, 7001, 9001, 2001, 1001, 1, 6001, 4001, 8001, 9001, 1, 501]
    for i, s in enumerate(order):
        t.at(30 + i * 20, lambda s=s: t.say("PA %d+1000 ack 1 win 502" % s))


@talk("a thousand overlapping pieces in a fixed random order", seconds=3)
def receive_shuffled(t):
    import random
    t.establish()
    r = random.Random(7)
    pieces = [(1 + 250 * i, r.choice((250, 250, 250, 300, 700))) for i in range(200)]
    r.shuffle(pieces)
    for i, (s, n) in enumerate(pieces):
        t.at(30 + i * 10, lambda s=s, n=n: t.say("PA %d+%d ack 1 win 502" % (s, n)))
    t.at(2500, lambda: t.recv(100000))


@talk("compressed acknowledgements of a burst behind a hole", seconds=2)
def receive_comp_sack(t):
    t.establish()
    def burst():
        for i in range(30):
            t.say("A %d+1448 ack 1 win 502" % (1449 + 1448 * i))
    t.at(50, burst)
    t.at(200, lambda: t.say("A 1+1448 ack 1 win 502"))


@talk("data and FIN together, and the program's answer later", seconds=2)
def close_wait_answer(t):
    receiver(t, rtt=10)
    t.establish()
    t.at(20, lambda: t.data(500, "FPA"))
    t.at(300, lambda: t.recv(1000))
    t.at(400, lambda: t.send(3000))
    t.at(600, t.close)


@talk("simultaneous close: FINs cross", seconds=2)
def simultaneous_close(t):
    t.establish()
    t.at(50, t.shutdown)
    t.at(60, lambda: t.say("FA 1+0 ack 1 win 502"))
    t.at(100, lambda: t.say("A 2+0 ack 2 win 502"))


@talk("simultaneous open", seconds=3)
def simultaneous_open(t):
    t.connect()
    t.at(100, lambda: t.say("S 0+0 win 64240 <mss 1460,sok,ts 5 =0,nop,ws 7>"))
    t.at(150, lambda: t.say("SA 0+0 ack 1 win 64240 <mss 1460,sok,ts 6 0,nop,ws 7>"))
    t.at(200, lambda: t.data(100))


@talk("active open, data of the peer with the handshake's last segment", seconds=2)
def active(t):
    t.connect()
    t.at(30, lambda: t.say("SA 0+0 ack 1 win 64240 <mss 1460,sok,ts 5 0,nop,ws 7>"))
    t.at(60, lambda: t.data(500))
    t.at(100, lambda: t.send(5000))
    t.at(130, lambda: t.say("A 501+0 ack 5001 win 502"))
    t.at(200, t.close)
    t.at(230, lambda: t.say("FA 501+0 ack 5002 win 502"))


@talk("close with data unread: RST", seconds=1)
def close_unread(t):
    t.establish()
    t.at(50, lambda: t.data(500))
    t.at(100, t.close)


@talk("ICMP-less black hole, tcp_mtu_probing=1: big segments vanish", seconds=20, sysctl=["tcp_mtu_probing=1"])
def mtu_probing(t):
    receiver(t, rtt=20)
    hear = t.on
    t.on = lambda s: hear(s) if s.len <= 1200 else None
    t.establish()
    t.at(20, lambda: t.send(6000))


@talk("idle for three seconds: slow start after idle", seconds=5)
def idle_restart(t):
    receiver(t, rtt=20)
    t.establish()
    t.at(20, lambda: t.send(60000))
    t.at(3500, lambda: t.send(60000))


@talk("small send buffer", seconds=2)
def sndbuf(t):
    receiver(t, rtt=20)
    t.establish(sndbuf=8000)
    for i in range(20):
        t.at(20 + 20 * i, lambda: t.send(8000))


@talk("TCP_MAXSEG 700", seconds=1.5)
def maxseg(t):
    receiver(t, rtt=20)
    t.establish(maxseg=700)
    t.at(20, lambda: t.send(5000))


@talk("the peer's MSS is 536", seconds=1.5, opts="mss 536,sok,ts 0 =0,nop,ws 7")
def peer_mss_536(t):
    receiver(t, rtt=20)
    t.establish()
    t.at(20, lambda: t.send(20000))


@talk("MTU 9000", seconds=1.5, mtu=9000, opts="mss 8960,sok,ts 0 =0,nop,ws 7")
def mtu_9000(t):
    receiver(t, rtt=20)
    t.establish()
    t.at(20, lambda: t.send(60000))


@talk("the peer's window is small and without scale", seconds=3, opts="mss 1460,sok,ts 0 =0")
def unscaled_window(t):
    t.win = 4000
    receiver(t, rtt=20)
    t.establish(win=4000)
    t.at(20, lambda: t.send(30000))


@talk("ECN: marks from the peer", seconds=3, sysctl=["tcp_ecn=1"])
def ecn_echo(t):
    t.listen()
    t.say("SEW 0+0 win 64240 <%s>" % FULL)
    t.say("A 1+0 ack 1 win 502")
    t.accept()
    n = [0]
    def hear(s):
        if s.len == 0:
            return
        n[0] += 1
        t.ack = max(t.ack, s.end)
        ece = n[0] in (5, 6)
        a = t.ack
        t.after(20, lambda: t.say("%s 1+0 ack %d win 502" % ("EA" if ece else "A", a)))
    t.on = hear
    t.at(20, lambda: t.send(60000))


@talk("ECN: congestion experienced by the peer's data", seconds=2, sysctl=["tcp_ecn=1"])
def ecn_ce(t):
    t.listen()
    t.say("SEW 0+0 win 64240 <%s>" % FULL)
    t.say("A 1+0 ack 1 win 502")
    t.accept()
    for i, (f, m) in enumerate((("PA", "!ect"), ("PA", "!ce"), ("PA", "!ect"), ("PWA", "!ect"), ("PA", "!ect"), ("PA", "!ce"), ("PWA", "!ce"), ("PA", ""))):
        t.at(30 + 30 * i, lambda i=i, f=f, m=m: t.say(("%s %d+100 ack 1 win 502 %s" % (f, 1 + 100 * i, m)).strip()))


def child(name, out, lock):
    fn, how = ALL[name]
    os.sched_setaffinity(0, {hash(name) % 2 if os.cpu_count() > 1 else 0})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))
    except OSError:
        pass
    rec = Talk(name, **how).run(fn)
    with lock, open(out, "a") as f:
        f.write(json.dumps(rec) + "\n")


def main():
    import multiprocessing as mp
    out, pick = sys.argv[1], re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    open(out, "w").close()
    lock, live = mp.Lock(), []
    for name in sorted((n for n in ALL if pick.search(n)), key=lambda n: -ALL[n][1]["seconds"]):
        while len(live) >= 12:
            live = [p for p in live if p.is_alive()]
            time.sleep(0.02)
        p = mp.Process(target=child, args=(name, out, lock))
        p.start()
        live.append(p)
    for p in live:
        p.join()
    lines = sorted(open(out).read().splitlines(), key=lambda x: json.loads(x)["name"])
    open(out, "w").write("".join(x + "\n" for x in lines))
    print(len(lines), "of", len([n for n in ALL if pick.search(n)]), "conversations")


if __name__ == "__main__":
    main()
