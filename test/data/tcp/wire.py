"""A scripted peer of a kernel's TCP: a tun device in a namespace of its own, segments as text.

Text of a segment, relative to the two initial sequence numbers (see README.md):

    FLAGS SEQ+LEN [ack N] win N [urg N] [<options>] [modifiers]
"""
import ctypes
import fcntl
import os
import re
import select
import socket
import struct
import subprocess
import time

KERNEL, PEER = "192.168.9.1", "192.168.9.2"
BITS = "FSRPAUEWX"                  # X: AE, the ninth flag
PEER_TS = 1_000_000                 # peer's timestamps count from here
UNKNOWN_ISN = 0x50000000            # what the kernel's numbers are relative to while it has not said one
CLONE_NEWNET = 0x40000000


def signed(n):
    n &= 0xffffffff
    return n - (1 << 32) if n & 0x80000000 else n


def csum(b):
    if len(b) & 1:
        b += b"\0"
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def new_namespace(mtu=1500, sysctls=()):
    """Moves this process into a fresh network namespace with tun0 up; returns the tun's descriptor."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    for s in ("net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1", *sysctls):
        subprocess.run(["sysctl", "-qw", s], check=True)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22s", b"tun0", 0x1001, b""))      # TUNSETIFF: IFF_TUN | IFF_NO_PI
    run = lambda *a: subprocess.run(["ip", *a], check=True)
    run("link", "set", "lo", "up")
    run("link", "set", "tun0", "mtu", str(mtu), "txqueuelen", "2000", "up")
    run("addr", "add", KERNEL + "/24", "dev", "tun0")
    return fd


class Wire:
    """One connection as the peer sees it; numbers relative to both sides' initial sequence numbers."""

    def __init__(self, fd, kport, pport, peer_isn=0x10000000):
        self.fd, self.kport, self.pport, self.pisn = fd, kport, pport, peer_isn
        self.kisn = None
        self.kts = None             # the kernel's first TSval
        self.last_ts = 0            # its latest TSval
        self.stars = True           # print the kernel's TSval as *
        self.edge = 0               # right edge of the window that the kernel offered, relative
        self.rcv_nxt = 0            # what it acknowledged last, relative
        self.kws = 0
        self.snd_max = 0            # end of what it sent, relative

    # -- options

    def option_bytes(self, text):
        out = b""
        for o in filter(None, (t.strip() for t in text.split(","))):
            w = o.split()
            if w[0] == "mss":
                out += struct.pack("!BBH", 2, 4, int(w[1]))
            elif w[0] == "ws":
                out += struct.pack("!BBB", 3, 3, int(w[1]))
            elif w[0] == "sok":
                out += b"\4\2"
            elif w[0] == "ts":
                ecr = self.last_ts if w[2] == "@" else 0 if w[2] == "=0" else ((self.kts or 0) + int(w[2])) & 0xffffffff
                val = 0 if w[1] == "=0" else (PEER_TS + int(w[1])) & 0xffffffff
                out += struct.pack("!BBII", 8, 10, val, ecr)
            elif w[0] == "nop":
                out += b"\1"
            elif w[0] == "eol":
                out += b"\0"
            elif w[0] == "sack":
                edges = [int(e) for b in w[1:] for e in b.split(":")]
                out += struct.pack("!BB", 5, 2 + 4 * len(edges))
                out += b"".join(struct.pack("!I", ((self.kisn or UNKNOWN_ISN) + e) & 0xffffffff) for e in edges)
            elif w[0] == "x":
                out += bytes.fromhex(w[1])
            else:
                raise ValueError(o)
        return out

    def option_text(self, b):
        out, i = [], 0
        while i < len(b):
            k = b[i]
            if k == 0:
                out.append("eol")
                i += 1
                continue
            if k == 1:
                out.append("nop")
                i += 1
                continue
            n = b[i + 1] if i + 1 < len(b) else 0
            v = b[i + 2:i + n]
            if k == 2 and n == 4:
                out.append("mss %d" % struct.unpack("!H", v))
            elif k == 3 and n == 3:
                self.kws_new = v[0]
                out.append("ws %d" % v[0])
            elif k == 4 and n == 2:
                out.append("sok")
            elif k == 8 and n == 10:
                val, ecr = struct.unpack("!II", v)
                if self.kts is None:
                    self.kts = val
                self.last_ts = val
                e = "=0" if ecr == 0 else str(signed(ecr - PEER_TS))
                out.append("ts %s %s" % ("*" if self.stars else signed(val - self.kts), e))
            elif k == 5:
                e = struct.unpack("!%dI" % (len(v) // 4), v)
                out.append("sack " + " ".join("%d:%d" % (signed(e[j] - self.pisn), signed(e[j + 1] - self.pisn)) for j in range(0, len(e), 2)))
            else:
                out.append("x " + b[i:].hex() if n < 2 else "x " + b[i:i + n].hex())
                if n < 2:
                    break
            i += n
        return ",".join(out)

    # -- segments

    def packet(self, text):
        """The IPv4 packet of a segment of the peer."""
        m = re.fullmatch(r"(\S+) (-?\d+)\+(\d+)(?: ack (-?\d+))? win (\d+)(?: urg (\d+))?(?: <(.*?)>)?((?: !\S+)*)", text)
        if not m:
            raise ValueError(text)
        flags = sum(1 << BITS.index(c) for c in m[1] if c != "-")
        seq = (self.pisn + int(m[2])) & 0xffffffff
        ack = 0 if m[4] is None else ((UNKNOWN_ISN if self.kisn is None else self.kisn) + int(m[4])) & 0xffffffff
        opts = self.option_bytes(m[7] or "")
        opts += b"\0" * (-len(opts) % 4)
        data = bytes((48 + (int(m[2]) + i) % 10) for i in range(int(m[3])))
        doff, extra = 5 + len(opts) // 4, m[8].split()
        for e in extra:
            if e.startswith("!doff"):
                doff = int(e[5:])
        seg = struct.pack("!HHIIHHHH", self.pport, self.kport, seq, ack, doff << 12 | (flags & 0x1ff), int(m[5]), 0, int(m[6] or 0)) + opts + data
        for e in extra:
            if e.startswith("!cut"):
                seg = seg[:int(e[4:])]
        pseudo = socket.inet_aton(PEER) + socket.inet_aton(KERNEL) + struct.pack("!HH", 6, len(seg))
        c = csum(pseudo + seg)
        if "!badsum" in extra:
            c ^= 0x1111
        if len(seg) >= 18:
            seg = seg[:16] + struct.pack("!H", c) + seg[18:]
        tos = 3 if "!ce" in extra else 2 if "!ect" in extra else 0
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(seg), 0, 0x4000, 64, 6, 0, socket.inet_aton(PEER), socket.inet_aton(KERNEL))
        return ip[:10] + struct.pack("!H", csum(ip)) + ip[12:] + seg

    def send(self, text):
        os.write(self.fd, self.packet(text))

    def text(self, b):
        """Text of a packet of the kernel; None when it is none of this connection."""
        if b[9] == 1:
            return "icmp %d %d" % (b[20], b[21])
        hl = (b[0] & 15) * 4
        sp, dp, seq, ack, of, win, _, urg = struct.unpack("!HHIIHHHH", b[hl:hl + 20])
        if (sp, dp) != (self.kport, self.pport):
            return None
        th = (of >> 12) * 4
        flags = of & 0x1ff
        size = struct.unpack("!H", b[2:4])[0] - hl - th
        name = "".join(c for i, c in enumerate(BITS) if flags >> i & 1) or "-"
        if flags & 2:
            self.kisn = seq
            self.kws = 0
        self.kws_new = None
        opts = self.option_text(b[hl + 20:hl + th])
        if flags & 2:
            self.kws = self.kws_new or 0
        rel = "=0" if seq == 0 and flags & 4 else str(signed(seq - (UNKNOWN_ISN if self.kisn is None else self.kisn)))
        t = "%s %s+%d" % (name, rel, size)
        if flags & 16 or ack:
            a = signed(ack - self.pisn)
            t += " ack %d" % a
            if not flags & 4:
                self.rcv_nxt = a
                self.edge = max(self.edge, a + (win if flags & 2 else win << self.kws))
        t += " win %d" % win
        if urg:
            t += " urg %d" % urg
        if opts:
            t += " <%s>" % opts
        if rel != "=0" and not flags & 4:
            self.snd_max = max(self.snd_max, int(rel) + size + (1 if flags & 3 else 0))
        tos = b[1]
        if tos & 3:
            t += " !ect" if tos & 3 == 2 else " !ce" if tos & 3 == 3 else " !ect1"
        if not b[6] & 0x40:
            t += " !nodf"
        return t

    def read(self):
        """What the kernel has sent by now, as text."""
        out = []
        while True:
            try:
                b = os.read(self.fd, 65536)
            except BlockingIOError:
                return out
            if b[0] >> 4 != 4 or b[9] not in (1, 6):
                continue
            t = self.text(b)
            if t:
                out.append(t)

    def wait(self, seconds):
        """(ms since the call, text) of what comes within a time."""
        t0, out = time.monotonic(), []
        while True:
            left = t0 + seconds - time.monotonic()
            if left <= 0:
                return out
            if select.select([self.fd], [], [], left)[0]:
                ms = (time.monotonic() - t0) * 1000
                out += [(ms, t) for t in self.read()]


STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSED", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN_RECV"}


def state_of(kport, pport):
    """State of the connection by /proc/net/tcp; LISTEN when only a listener is there; CLOSED when nothing is."""
    best = "CLOSED"
    with open("/proc/self/net/tcp") as f:
        for line in f.readlines()[1:]:
            w = line.split()
            if int(w[1].split(":")[1], 16) != kport:
                continue
            s = STATES.get(int(w[3], 16), w[3])
            if s == "LISTEN":
                best = "LISTEN" if best == "CLOSED" else best
            elif int(w[2].split(":")[1], 16) == pport:
                best = s
    return best
