#!/usr/bin/env python3
"""icmp.py OUT.jsonl - what an ICMP error about a segment does to a socket of this kernel in each state. Root; a namespace
of its own. The form is that of answers.py; `in` is `icmp TYPE CODE INFO SEQ`, SEQ relative to the kernel's first number."""
import errno
import json
import os
import socket
import struct
import subprocess
import sys
import time

from answers import SYSCTLS, Case, OPTS, established, passive, active
from wire import KERNEL, PEER, UNKNOWN_ISN, csum, new_namespace, state_of

ROUTER = "192.168.9.77"
WAIT = 0.3


def packet(w, kind, code, info, seq):
    isn = UNKNOWN_ISN if w.kisn is None else w.kisn
    quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 1500, 1, 0x4000, 63, 6, 0, socket.inet_aton(KERNEL), socket.inet_aton(PEER))
    quoted += struct.pack("!HHI", w.kport, w.pport, (isn + seq) & 0xffffffff)
    body = struct.pack("!BBHI", kind, code, 0, info) + quoted
    body = body[:2] + struct.pack("!H", csum(body)) + body[4:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, 1, 0, socket.inet_aton(ROUTER), socket.inet_aton(KERNEL))
    return ip[:10] + struct.pack("!H", csum(ip)) + ip[12:] + body


def so_error(c):
    if c.conn is None:
        return ""
    e = c.conn.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.errorcode[e] if e else "0"


def setups():
    out = {}
    for o in ("full", "plain"):
        e = established(o)
        out["SYN_SENT-" + o] = (o, ["connect"])
        out["SYN_RECV-" + o] = (o, passive(o))
        out["SYN_RECV-simultaneous-" + o] = (o, ["connect", "< S 0+0 win 64240 <%s>" % OPTS[o]])
        out["ESTABLISHED-" + o] = (o, e)
        out["ESTABLISHED-sent-" + o] = (o, [*e, "send 1000"])
        out["ESTABLISHED-sent-more-" + o] = (o, [*e, "send 6000"])
        out["FIN_WAIT1-" + o] = (o, [*e, "shutdown wr"])
        out["FIN_WAIT1-closed-" + o] = (o, [*e, "close"])
        out["FIN_WAIT2-" + o] = (o, [*e, "shutdown wr", "< A 1+0 ack 2 win 502"])
        out["CLOSE_WAIT-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50"])
        out["CLOSE_WAIT-sent-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50", "send 100"])
        out["CLOSING-" + o] = (o, [*e, "shutdown wr", "< FA 1+0 ack 1 win 502"])
        out["LAST_ACK-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50", "close"])
        out["TIME_WAIT-" + o] = (o, [*e, "close", "< A 1+0 ack 2 win 502", "< FA 1+0 ack 2 win 502"])
        out["LISTEN-" + o] = (o, ["listen"])
    return out


KINDS = [(3, c, 0) for c in range(0, 17)] + [(11, 0, 0), (11, 1, 0), (12, 0, 0x14000000), (4, 0, 0), (5, 1, 0xc0a80963), (8, 0, 0)]
MTUS = [1400, 1000, 576, 552, 551, 68, 67, 0, 1500, 1501, 9000]


def cases(name):
    for kind, code, info in KINDS:
        if (kind, code) == (3, 4):
            continue
        for seq in ("una", "una-1", "nxt", "nxt+1"):
            if seq != "una" and (kind, code) not in ((3, 1), (3, 3), (11, 0)):
                continue
            yield kind, code, info, seq
    for mtu in MTUS:
        yield 3, 4, mtu, "una"
    yield 3, 4, 1000, "nxt"
    yield 3, 4, 1000, "una-1"


def run(fd, number, opts, steps, kind, code, info, seq):
    c = Case(fd, number, OPTS[opts], 0x10000000)
    try:
        for s in steps:
            c.step(s)
        before = list(c.log)
        w = c.wire
        base = acked(steps)
        rel = {"una": base, "una-1": base - 1, "nxt": w.snd_max, "nxt+1": w.snd_max + 1}[seq]
        os.write(fd, packet(w, kind, code, info, rel))
        out = w.read()
        late = [[round(ms), t] for ms, t in w.wait(WAIT)]
        rec = {"in": "icmp %d %d %d %d" % (kind, code, info, rel), "out": out}
        if late:
            rec["late"] = late
        rec["state"] = state_of(c.port, c.pport)
        rec["error"] = so_error(c)
        app = c.app()
        if app:
            rec["app"] = app
        return before, rec
    finally:
        c.end()


def acked(steps):
    """What the peer has acknowledged last."""
    a = 0
    for s in steps:
        w = s.split()
        if w[0] == "<" and "ack" in w:
            a = int(w[w.index("ack") + 1])
    return a


def main():
    fd = new_namespace(sysctls=[*SYSCTLS, "net.ipv4.conf.all.accept_redirects=0", "net.ipv4.route.mtu_expires=1"])
    time.sleep(0.3)
    number = 0
    with open(sys.argv[1], "w") as f:
        for name, (opts, steps) in setups().items():
            if len(sys.argv) > 2 and name.split("-")[0] not in sys.argv[2].split(","):
                continue
            said = None
            for kind, code, info, seq in cases(name):
                number += 1
                if (kind, code) == (3, 4):
                    subprocess.run(["ip", "route", "flush", "cache"])
                before, rec = run(fd, number, opts, steps, kind, code, info, seq)
                if before != said:
                    said = before
                    f.write(json.dumps({"setup": name, "isn": 0x10000000, "steps": before}) + "\n")
                f.write(json.dumps(rec) + "\n")
            f.flush()
    print(number, "cases")


if __name__ == "__main__":
    main()
