"""The live side of `netfilter:live`: rule sets and frames on the kernel that runs this.

Runs inside fresh network, mount and process namespaces (see live-kernel.ts). Reads one JSON object a line from standard
input and answers each with one line. All of it ends with the process: it leaves nothing behind.
"""
import ctypes
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
PACKET_OUTGOING = 4


def enter(name):
    fd = os.open("/run/netns/" + name, os.O_RDONLY)
    if LIBC.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns " + name)
    os.close(fd)


def command(argv, text=None):
    done = subprocess.run(argv, input=text, capture_output=True, text=True)
    return {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


class Kernel:
    def __init__(self):
        self.taps = []
        self.echoes = []
        self.listeners = []
        self.accepted = []
        self.listen = []
        self.tools = {}
        self.reset_text = ""

    def setup(self, request):
        self.tools = request["tools"]
        self.reset_text = request["reset"]
        done = command(["bash", "-e"], request["script"])
        if done["status"] != 0:
            return {"error": done["stderr"]}
        for netns in request["taps"]:
            enter(netns)
            for dev in request["taps"][netns]:
                tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
                tap.bind((dev, ETH_P_ALL))
                tap.setblocking(False)
                self.taps.append((netns, dev, tap))
        enter(request["router"])
        for port in request["echo"]:
            echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            echo.bind(("0.0.0.0", port))
            echo.setblocking(False)
            self.echoes.append(echo)
        self.listen = request["listen"]
        return self.reset({})

    def open_listeners(self):
        """Listens anew, so that no connection outlives its case."""
        for sock in self.accepted:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        for sock in self.listeners:
            sock.close()
        self.accepted = []
        self.listeners = []
        for port in self.listen:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("0.0.0.0", port))
            sock.listen(16)
            sock.setblocking(False)
            self.listeners.append(sock)

    def frames(self):
        """Frames that came since the last call: `[device, direction, octets in hex]`."""
        found = []
        for netns, dev, tap in self.taps:
            while True:
                try:
                    octets, address = tap.recvfrom(65536)
                except BlockingIOError:
                    break
                outgoing = address[2] == PACKET_OUTGOING
                if netns == "t" and outgoing:
                    continue
                found.append([dev, "out" if outgoing else "in", octets.hex()])
        return found

    def answer(self):
        """Lets the programs of the router answer; true when one did."""
        some = False
        for listener in self.listeners:
            while True:
                try:
                    self.accepted.append(listener.accept()[0])
                except BlockingIOError:
                    break
                except OSError:
                    continue
        for echo in self.echoes:
            while True:
                try:
                    data, sender = echo.recvfrom(65536)
                except BlockingIOError:
                    break
                except OSError:
                    continue
                some = True
                # An answer is never answered: translation may send it to an echo again.
                if data.startswith(b"e"):
                    continue
                try:
                    echo.sendto(b"e" * max(len(data), 1), sender)
                except OSError:
                    pass
        return some

    def settle(self, wait):
        if wait > 0:
            time.sleep(wait / 1000)
        while self.answer():
            if wait > 0:
                time.sleep(wait / 1000)
        return self.frames()

    def load(self, request):
        self.frames()
        done = command([self.tools["restore"]], request["rules"])
        return {"status": done["status"], "stderr": done["stderr"]}

    def send(self, request):
        tap = next(tap for _, dev, tap in self.taps if dev == request["dev"])
        tap.send(bytes.fromhex(request["frame"]))
        return {"frames": self.settle(request["wait"])}

    def output(self, request):
        """A datagram or a connection attempt by a program of the router."""
        stream = request["kind"] == "tcp"
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        sock.setblocking(False)
        result = "ok"
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("0.0.0.0", request["sport"]))
            if request["mark"]:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, request["mark"])
            if request["tos"]:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, request["tos"])
            if stream:
                sock.connect((request["daddr"], request["dport"]))
            else:
                sock.sendto(b"\x61" * request["len"], (request["daddr"], request["dport"]))
        except OSError as error:
            result = errno.errorcode.get(error.errno, str(error.errno))
            if result == "EINPROGRESS":
                result = "ok"
        frames = self.settle(request["wait"])
        sock.close()
        # The other end may delay its acknowledgement by 40 ms.
        wait = max(request["wait"], 60) if stream else request["wait"]
        return {"frames": frames + self.settle(wait), "result": result}

    def end(self, request):
        save = command([self.tools["save"], "-c"])
        conntrack = command([self.tools["conntrack"], "-L"])
        return {"save": save["stdout"], "conntrack": conntrack["stdout"], "frames": self.settle(0)}

    def reset(self, request):
        done = command([self.tools["restore"]], self.reset_text)
        command([self.tools["conntrack"], "-F"])
        self.open_listeners()
        self.settle(0)
        return {} if done["status"] == 0 else {"error": done["stderr"]}


def main():
    kernel = Kernel()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = getattr(kernel, request["op"])(request)
        except Exception as error:
            reply = {"error": repr(error)}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


main()
