"""A link with a delay: whoever runs in the network namespace that this makes reaches 127.0.0.1 of this machine over it, and no other address.

One argument: the delay each way, in milliseconds. Standard output has one line, once the link is up: the namespace's file. Everything goes away with this
process, which ends when its standard input does. Needs root, /dev/net/tun and iproute2.

Each end is a TUN device. What one end sends is read here, held back, and written to the other one, packet by packet, as the kernel's own TCP made them. The
devices take what the kernel has not cut into segments yet (a header before each packet says so), so that a packet is up to 64 KiB on a link whose MTU is
that of Ethernet.
"""

import collections
import ctypes
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import time

# linux/if_tun.h
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4 = 0x01, 0x02

# linux/prctl.h
PR_SET_PDEATHSIG = 1

LARGEST = 10 + 65536
MTU = 1500


def open_tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(device, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
    return device


def run(*words):
    subprocess.run(words, check=True, stdout=sys.stderr)


def set_up(name, route, *inside):
    # Linux drops what comes from 127.0.0.0/8, or goes there, on any other device than the loopback one, unless it is told not to.
    run(*inside, "sh", "-c", f"echo 1 > /proc/sys/net/ipv4/conf/{name}/route_localnet")
    run(*inside, "ip", "link", "set", name, "mtu", str(MTU), "txqueuelen", "10000", "up")
    run(*inside, "ip", "route", "add", route, "dev", name)


def carry(source, target, delay):
    underway = collections.deque()
    while True:
        now = time.monotonic()
        while underway and underway[0][0] <= now:
            os.write(target, underway.popleft()[1])
        select.select([source], [], [], underway[0][0] - now if underway else None)
        try:
            while True:
                packet = os.read(source, LARGEST)
                due = time.monotonic() + delay
                underway.append((due, packet))
                if underway[0][0] <= due - delay:
                    break
        except BlockingIOError:
            pass


def carry_in_a_child(source, target, delay):
    child = os.fork()
    if child == 0:
        # However the parent ends, nothing is left behind.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(0)
        try:
            carry(source, target, delay)
        finally:
            os._exit(1)
    return child


def main():
    delay = float(sys.argv[1]) / 1000
    ours, theirs = f"sw{os.getpid()}a", f"sw{os.getpid()}b"
    near, far = open_tun(ours), open_tun(theirs)
    # What is in the namespace ends with the pipe, and the namespace with it.
    holder = subprocess.Popen(
        ["unshare", "--net", "--", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    namespace = f"/proc/{holder.pid}/ns/net"
    inside = ("nsenter", f"--net={namespace}", "--")
    # Of the addresses for benchmarks of networks (RFC 2544), one that no other such link has.
    address = f"198.{18 + (os.getpid() >> 16) % 2}.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
    run("ip", "link", "set", theirs, "netns", str(holder.pid))
    run(*inside, "ip", "address", "add", address, "dev", theirs)
    set_up(theirs, "127.0.0.0/8", *inside)
    set_up(ours, address)
    # What one run learned of the link is not for the next.
    run(*inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save")
    carriers = [carry_in_a_child(near, far, delay), carry_in_a_child(far, near, delay)]
    try:
        print(namespace, flush=True)
        sys.stdin.buffer.read()
    finally:
        for carrier in carriers:
            os.kill(carrier, 9)
            os.waitpid(carrier, 0)
        holder.stdin.close()
        holder.wait()


main()
