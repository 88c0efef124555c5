#!/usr/bin/env python3
"""answers.py OUT.jsonl [PART/PARTS] - brings a TCP socket of this kernel into each state and writes down its answer to
one segment. Root; works in a network namespace of its own. README.md tells the form."""
import errno
import json
import os
import random
import socket
import sys
import time

from wire import KERNEL, PEER, Wire, new_namespace, state_of

SYSCTLS = ["net.ipv4.tcp_congestion_control=reno", "net.ipv4.tcp_invalid_ratelimit=0", "net.ipv4.tcp_no_metrics_save=1",
           "net.ipv4.tcp_challenge_ack_limit=2147483647", "net.ipv4.icmp_ratelimit=0", "net.ipv4.tcp_fin_timeout=60"]
FULL = "mss 1460,sok,ts 0 =0,nop,ws 7"
OPTS = {"full": FULL, "plain": "mss 1460", "ts": "nop,nop,ts 0 =0,mss 1460", "sack": "nop,nop,sok,mss 1460,nop,ws 7"}
WAIT = 0.06


class Case:
    """A connection in the making: steps by text, the kernel's words appended as `> ...`."""

    def __init__(self, fd, number, opts, isn):
        self.fd, self.lsn, self.conn = fd, None, None
        self.port = 7000 + number % 50000
        self.pport = 1024 + number // 50000
        self.wire = Wire(fd, self.port, self.pport, isn)
        self.opts, self.has_ts = opts, "ts" in opts
        self.log = []
        self.now = 1                # the peer's clock, a tick a segment

    def fill(self, text):
        """`...` in a step: acknowledgement of all, timestamps when negotiated."""
        w = self.wire
        text = text.replace("@e", str(w.edge)).replace("@n", str(w.rcv_nxt)).replace("@a", str(w.snd_max))
        if self.has_ts and "<" not in text and " !bare" not in text:
            a, _, mods = text.partition(" !")
            text = "%s <nop,nop,ts %d @>%s" % (a, self.now, " !" + mods if mods else "")
        return text.replace(" !bare", "")

    def step(self, s):
        w = s.split()
        if w[0] == "<":
            s = "< " + self.fill(s[2:])
            self.now += 1
            self.wire.send(s[2:])
        elif w[0] in ("listen", "connect"):
            k = socket.socket()
            k.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for o in w[1:]:
                name, v = o.split("=")
                if name == "rcvbuf":
                    k.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(v))
                elif name == "oobinline":
                    k.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, int(v))
            k.bind((KERNEL, self.port))
            k.setblocking(False)
            if w[0] == "listen":
                k.listen(8)
                self.lsn = k
            else:
                k.connect_ex((PEER, self.pport))
                self.conn = k
        elif w[0] == "accept":
            self.conn, _ = self.lsn.accept()
            self.conn.setblocking(False)
        elif w[0] == "send":
            self.conn.send(b"x" * int(w[1]))
        elif w[0] == "recv":
            self.conn.recv(int(w[1]))
        elif w[0] == "shutdown":
            self.conn.shutdown({"rd": 0, "wr": 1}[w[1]])
        elif w[0] == "close":
            self.conn.close()
            self.conn = None
        elif w[0] == "unlisten":
            self.lsn.close()
            self.lsn = None
        elif w[0] == "wait":
            pass
        else:
            raise ValueError(s)
        self.log.append(s)
        self.log += ["> " + t for t in self.wire.read()]
        if w[0] == "wait":
            self.log += ["> " + t for _, t in self.wire.wait(float(w[1]) / 1000)]

    def app(self):
        """What the program sees: data, eof, nothing, or an error."""
        out = []
        if self.conn is None and self.lsn is not None:
            try:
                self.conn, _ = self.lsn.accept()
                self.conn.setblocking(False)
                out.append("accepted")
            except BlockingIOError:
                return ""
        if self.conn is None:
            return ""
        for _ in range(3):
            try:
                b = self.conn.recv(65536)
                out.append("data %d" % len(b) if b else "eof")
                if not b:
                    break
            except BlockingIOError:
                break
            except OSError as e:
                out.append(errno.errorcode[e.errno])
                break
        return " ".join(out)

    def end(self):
        for k in (self.conn, self.lsn):
            if k is not None:
                k.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                k.close()
        try:                                    # what lives on without a socket
            self.wire.send("RA @n+0 ack @a win 0".replace("@n", str(self.wire.rcv_nxt)).replace("@a", str(self.wire.snd_max)))
        except OSError:
            pass
        self.wire.read()


def passive(o, listen="listen"):
    return [listen, "< S 0+0 win 64240 <%s>" % OPTS[o]]


def established(o, listen="listen"):
    return [*passive(o, listen), "< A 1+0 ack 1 win 502", "accept"]


def active(o):
    answer = OPTS[o].replace("ts 0 =0", "ts 0 @")
    return ["connect", "< SA 0+0 ack 1 win 64240 <%s>" % answer]


def setups():
    """name -> (options, steps). In every one the peer has said its next number as @n, the kernel its end as @a."""
    out = {"CLOSED": ("full", []), "LISTEN": ("full", ["listen"])}
    for o in OPTS:
        out["SYN_SENT-" + o] = (o, ["connect"])
        out["SYN_RECV-" + o] = (o, passive(o))
        out["ESTABLISHED-" + o] = (o, established(o))
        out["ESTABLISHED-active-" + o] = (o, active(o))
    for o in ("full", "plain"):
        out["SYN_RECV-simultaneous-" + o] = (o, ["connect", "< S 0+0 win 64240 <%s>" % OPTS[o]])
        e = established(o)
        out["ESTABLISHED-sent-" + o] = (o, [*e, "send 1000"])
        out["ESTABLISHED-unread-" + o] = (o, [*e, "< PA 1+500 ack 1 win 502"])
        out["ESTABLISHED-hole-" + o] = (o, [*e, "< PA 1001+500 ack 1 win 502"])
        out["ESTABLISHED-two-holes-" + o] = (o, [*e, "< PA 1001+500 ack 1 win 502", "< PA 2001+500 ack 1 win 502"])
        out["ESTABLISHED-answered-" + o] = (o, [*e, "< PA 1+500 ack 1 win 502", "recv 500", "send 100", "< A 501+0 ack 101 win 502"])
        out["FIN_WAIT1-" + o] = (o, [*e, "shutdown wr"])
        out["FIN_WAIT1-sent-" + o] = (o, [*e, "send 1000", "shutdown wr"])
        out["FIN_WAIT1-closed-" + o] = (o, [*e, "close"])
        out["FIN_WAIT2-" + o] = (o, [*e, "shutdown wr", "< A 1+0 ack 2 win 502"])
        out["FIN_WAIT2-closed-" + o] = (o, [*e, "close", "< A 1+0 ack 2 win 502"])
        out["FIN_WAIT2-hole-" + o] = (o, [*e, "shutdown wr", "< A 1+0 ack 2 win 502", "< PA 1001+500 ack 2 win 502"])
        out["CLOSE_WAIT-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50"])
        out["CLOSE_WAIT-sent-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50", "send 100"])
        out["CLOSING-" + o] = (o, [*e, "shutdown wr", "< FA 1+0 ack 1 win 502"])
        out["CLOSING-closed-" + o] = (o, [*e, "close", "< FA 1+0 ack 1 win 502"])
        out["LAST_ACK-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50", "shutdown wr"])
        out["LAST_ACK-closed-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50", "close"])
        out["TIME_WAIT-" + o] = (o, [*e, "shutdown wr", "< A 1+0 ack 2 win 502", "< FA 1+0 ack 2 win 502"])
        out["TIME_WAIT-closed-" + o] = (o, [*e, "close", "< A 1+0 ack 2 win 502", "< FA 1+0 ack 2 win 502"])
        out["TIME_WAIT-closing-" + o] = (o, [*e, "shutdown wr", "< FA 1+0 ack 1 win 502", "< A 2+0 ack 2 win 502"])
        out["CLOSED-after-" + o] = (o, [*e, "< FA 1+0 ack 1 win 502", "wait 50", "close", "< A 2+0 ack 2 win 502"])
        out["CLOSED-reset-" + o] = (o, [*e, "< R 1+0 win 0 !bare"])
    out["ESTABLISHED-small-window"] = ("full", [*established("full", "listen rcvbuf=4096")])
    out["ESTABLISHED-window-full"] = ("full", [*established("full", "listen rcvbuf=4096"), "< PA 1+1152 ack 1 win 502", "< PA 1153+1152 ack 1 win 502"])
    out["ESTABLISHED-oobinline"] = ("full", established("full", "listen oobinline=1"))
    out["ESTABLISHED-shutdown-rd"] = ("full", [*established("full"), "shutdown rd"])
    return out


def segments(setup, opts):
    """The crafted segments for a setup, as templates: @n next expected, @e right edge of the window, @a end of what was sent."""
    base = setup.split("-")[0]
    quiet = base in ("CLOSED", "LISTEN", "SYN_SENT")
    flags = ["A", "PA", "-", "S", "SA", "R", "RA", "F", "FA", "SF", "SR", "FRA", "UA", "SFRPAU", "P"]
    rel = lambda d: ("@n%+d" % d) if d else "@n"
    out = []
    if quiet:
        for f in flags:
            for n in (0, 10):
                for a in ((0, 1, 2, -1, 100000) if "A" in f else (None, )):
                    for s in (0, 1, 500):
                        out.append("%s %d+%d%s win 1000" % (f, s, n, "" if a is None else " ack %d" % a))
        out += ["S 0+0 win %d <%s>" % (w, o) for w, o in (
            (64240, FULL), (0, FULL), (64240, "mss 1460"), (64240, "mss 536"), (64240, "mss 10"), (64240, "mss 0"), (64240, "mss 65535"), (64240, "ws 15"), (64240, "ws 14"), (64240, "ws 255"),
            (64240, "mss 1460,ws 0"), (64240, "sok"), (64240, "ts 0 =0"), (64240, "ts 5 7"), (64240, "ts =0 =0"), (64240, "sok,sok,mss 1000,mss 1200"), (64240, "x 0204"), (64240, "x 020405"),
            (64240, "x 0203ff"), (64240, "x 0200"), (64240, "x 0201"), (64240, "x 08"), (64240, "x fd04abcd"), (64240, "eol,mss 1000"), (64240, "nop,nop,nop,nop,mss 1100"), (64240, "sack 1:2"), (64240, "x 2202"),
            (64240, "x 220a0011223344556677"), (64240, "x 13120000000000000000000000000000"), (64240, "x 1e0c00810000000000000000"))]
        out += ["SEW 0+0 win 64240 <%s>" % FULL, "SEWX 0+0 win 64240 <%s>" % FULL, "SE 0+0 win 64240 <%s>" % FULL, "SW 0+0 win 64240", "SEW 0+0 win 64240 <%s> !ect" % FULL,
                "S 0+0 win 64240 !badsum", "S 0+0 win 64240 !doff4", "S 0+0 win 64240 !doff6", "S 0+0 win 64240 !doff15", "S 0+0 win 64240 !cut8", "S 0+0 win 64240 !cut19", "S 0+0 win 64240 urg 5", "SU 0+5 win 64240 urg 5", "A 0+0 ack 1 win 5 !badsum", "S 0+500 win 64240 <%s>" % FULL]
        if base == "SYN_SENT":
            for o in ("mss 1460", FULL.replace("ts 0 =0", "ts 0 @"), FULL.replace("ts 0 =0", "ts 0 0"), FULL.replace("ts 0 =0", "ts 0 100000"), FULL.replace("ts 0 =0", "ts 0 -5"), FULL.replace("ts 0 =0", "ts 0 =0"), "mss 1460,ws 15", "mss 1460,sok", "mss 100", "mss 20", "ws 3", "sok,ws 3", "ts 0 @"):
                for f in ("SA", "SFA", "SPA", "SRA", "SUA", "SEA", "SEWA", "S"):
                    for n in (0, 10):
                        out.append("%s 0+%d%s win 1000 <%s>" % (f, n, " ack 1" if "A" in f else "", o))
            out += ["SA 0+0 ack 1 win %d" % w for w in (0, 1, 65535)] + ["RA 0+0 ack 1 win 0 !badsum", "R 5+0 win 0", "RA 7+3 ack 1 win 0", "RA 0+0 ack 1 win 0 <ts 0 100000>"]
        return out
    for f in flags:
        for d in (0, -1, 1, -600, 600, -20, 1000000, 2000000000):
            for n in (0, 10):
                if f in ("SF", "SR", "FRA", "SFRPAU", "P", "UA") and d not in (0, 1, -1, 1000000):
                    continue
                out.append("%s %s+%d%s win 500" % (f, rel(d), n, " ack @a" if "A" in f else ""))
        for n in (0, 10):
            out += ["%s @e%s+%d%s win 500" % (f, x, n, " ack @a" if "A" in f else "") for x in ("", "-1", "-10", "+1")]
    for f in ("A", "PA", "FA", "RA", "SA", "UA"):
        for a in (-1, 1, -1000, 70000, -100000, 2000000000, -10, 5):
            for n in (0, 10):
                out.append("%s @n+%d ack @a%+d win 500" % (f, n, a))
    out += ["A @n+0 ack @a win %d" % w for w in (0, 1, 65535)] + ["PA @n+10 ack @a win 0", "PA @n-5+10 ack @a win 500", "PA @n-600+1200 ack @a win 500", "FA @n-5+10 ack @a win 500", "FA @n-5+5 ack @a win 500", "FA @n-6+5 ack @a win 500",
            "PA @n+1448 ack @a win 500", "PA @n+1449 ack @a win 500", "PA @n+3000 ack @a win 500", "A @n+1 ack @a win 500", "PA @n+10 ack @a win 500 !badsum", "PA @n+10 ack @a win 500 !doff4", "PA @n+10 ack @a win 500 !doff15", "RA @n+0 ack @a win 0 !badsum",
            "PUA @n+10 ack @a win 500 urg 1", "PUA @n+10 ack @a win 500 urg 5", "PUA @n+10 ack @a win 500 urg 10", "PUA @n+10 ack @a win 500 urg 11", "PUA @n+10 ack @a win 500 urg 100", "UA @n+0 ack @a win 500 urg 1", "PUA @n+1 ack @a win 500 urg 1", "PA @n+10 ack @a win 500 urg 3",
            "PEA @n+10 ack @a win 500", "PWA @n+10 ack @a win 500", "PEWA @n+10 ack @a win 500", "PA @n+10 ack @a win 500 !ce", "PA @n+10 ack @a win 500 !ect",
            "PA @n+100 ack @a win 500", "PA @n+1000 ack @a win 500", "PA @n+1500 ack @a win 500", "PA @n+2500 ack @a win 500", "PA @n+400+300 ack @a win 500".replace("+400", "+400", 1),
            "PA @n+900+300 ack @a win 500", "PA @n+1400+300 ack @a win 500", "PA @n+1100+100 ack @a win 500", "PA @n+600+5000 ack @a win 500"]
    out += ["A @n+0 ack @a win 500 <%s>" % o for o in ("sack 1:100", "sack -100:1", "nop,nop,sack 500:600", "sack 1:2 3:4", "mss 1460", "ws 7", "x fd04abcd", "x 0200", "x 08", "eol", "nop,nop,nop,nop", "x 13120000000000000000000000000000", "ts 1 @")]
    out += ["%s @n+%d%s win 500 <nop,nop,ts %s>" % (f, n, " ack @a" if "A" in f else "", t) for f in ("A", "PA", "FA", "R", "RA", "S", "SA") for n in (0, 10) for t in ("-5 @", "-1000000 @", "1000 @", "100000000 @", "100 100000", "100 -100000", "100 =0", "=0 @")]
    out += ["%s @n+%d ack @a win 500 !bare" % (f, n) for f in ("A", "PA", "FA", "SA") for n in (0, 10)] + ["%s @n+0 win 500 !bare" % f for f in ("R", "S", "-", "F")]
    if base in ("TIME_WAIT", "CLOSED", "LAST_ACK", "FIN_WAIT2"):
        out += ["S %s+0 win 64240 <%s>" % (s, o) for s in ("@n", "@n+1", "@n-1", "@n+100000", "@n-100000") for o in ("mss 1460", "mss 1460,sok,ts 1000 =0,nop,ws 7", "mss 1460,sok,ts 1 =0,nop,ws 7", "mss 1460,sok,ts -1000 =0,nop,ws 7")]
    return out


# sequence arithmetic inside templates: @n-5, @e+1, @a-10
def resolve(text, w):
    import re
    val = {"n": w.rcv_nxt, "e": w.edge, "a": w.snd_max}
    def seq(m):
        v = val[m[1]] + sum(int(x) for x in re.findall(r"[+-]\d+", m[2]))
        return str(v)
    head, _, tail = text.partition(" win ")
    m = re.fullmatch(r"(\S+) (\S+)\+(\d+)(?: ack (\S+))?", head)
    s = re.sub(r"^@(.)(.*)$", seq, m[2])
    head = "%s %s+%s" % (m[1], s, m[3])
    if m[4]:
        head += " ack " + re.sub(r"^@(.)(.*)$", seq, m[4])
    return head + " win " + tail


WHOLE = ("LISTEN", "SYN_RECV-full", "ESTABLISHED-full")
HALF = ("CLOSED", "SYN_SENT-full", "FIN_WAIT1-full", "FIN_WAIT2-full", "CLOSE_WAIT-full", "CLOSING-full", "LAST_ACK-full", "TIME_WAIT-full", "ESTABLISHED-plain", "SYN_RECV-plain", "ESTABLISHED-hole-full")


def chosen(name, all_of_them):
    """All of the segments for a few setups, a fixed sample for the others."""
    share = 1 if name in WHOLE else 0.5 if name in HALF else 0.12
    dice = random.Random(name)
    return [t for t in all_of_them if dice.random() < share]


def run(fd, number, opts, steps, template, isn):
    c = Case(fd, number, OPTS[opts], isn)
    try:
        for s in steps:
            c.step(s)
        before = list(c.log)
        text = c.fill(resolve(template, c.wire))
        c.now += 1
        c.wire.send(text)
        out = c.wire.read()
        late = [[round(ms), t] for ms, t in c.wire.wait(WAIT)]
        rec = {"in": text, "out": out}
        if late:
            rec["late"] = late
        rec["state"] = state_of(c.port, c.pport)
        app = c.app()
        if app:
            rec["app"] = app
        more = c.wire.read()                    # a window update, perhaps
        if more:
            rec["after"] = more
        probe = c.fill("A 0+0 ack 1 win 500")
        c.now += 1
        c.wire.send(probe)
        rec["probe"] = [probe, *c.wire.read()]
        return before, rec
    finally:
        c.end()


def main():
    out, (part, parts) = sys.argv[1], map(int, sys.argv[2].split("/") if len(sys.argv) > 2 else (0, 1))
    os.sched_setaffinity(0, {part % os.cpu_count()})
    fd = new_namespace(sysctls=SYSCTLS)
    time.sleep(0.3)
    number, written = 0, 0
    with open(out, "w") as f:
        for i, (name, (opts, steps)) in enumerate(setups().items()):
            if i % parts != part:
                continue
            isn = 0xfffffff0 if "two-holes" in name or name.startswith("ESTABLISHED-unread") else 0x10000000
            said, seen = None, set()
            for t in chosen(name, segments(name, opts)):
                if t in seen:
                    continue
                seen.add(t)
                number += 1
                before, rec = run(fd, number, opts, steps, t, isn)
                if before != said:
                    said = before
                    f.write(json.dumps({"setup": name, "isn": isn, "steps": before}) + "\n")
                f.write(json.dumps(rec) + "\n")
                written += 1
            f.flush()
    print(written, "cases")


if __name__ == "__main__":
    main()
