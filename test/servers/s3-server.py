"""All of OpenStack Swift in one process, behind its S3 interface: a proxy with one account server, container server and object server."""

import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi
from swift.common import utils
from swift.common.ring import RingBuilder
from swift.common.wsgi import SwiftHttpProtocol, loadapp

folder, port, secret = sys.argv[1:]


def write(name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def configure(name, text):
    common = f"[DEFAULT]\nswift_dir = {folder}\ndevices = {folder}/root\nmount_check = false\ndisable_fallocate = true\n"
    return loadapp(write(f"{name}.conf", common + text))


def build_ring(name, server_port):
    builder = RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    builder.add_dev(
        {"id": 0, "region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": server_port, "device": "disk"}
    )
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, f"{name}.ring.gz"))


class Memory:
    """What a memcached would keep for the proxy; its authentication does nothing without one."""

    def __init__(self):
        self.values = {}

    def get(self, key, *_, **__):
        return self.values.get(key)

    def set(self, key, value, *_, **__):
        self.values[key] = value

    def delete(self, key, *_, **__):
        self.values.pop(key, None)

    def incr(self, key, delta=1, *_, **__):
        self.values[key] = self.values.get(key, 0) + delta
        return self.values[key]


class CountedProtocol(SwiftHttpProtocol):
    def handle(self):
        print("opened", self.client_address, flush=True)
        try:
            super().handle()
        finally:
            print("closed", self.client_address, flush=True)


class Flushing:
    def write(self, text):
        print(text, end="", flush=True)


def serve(socket, app, log, protocol):
    # S3 clients look for "ETag", not "Etag".
    wsgi.server(socket, app, log, protocol=protocol, capitalize_response_headers=False, max_size=1024)


os.makedirs(os.path.join(folder, "root", "disk"))
write("swift.conf", "[swift-hash]\nswift_hash_path_suffix = samewire\n")
utils.set_swift_dir(folder)

backends = ("account", "container", "object")
sockets = {name: eventlet.listen(("127.0.0.1", 0), backlog=1024) for name in backends}
for name, socket in sockets.items():
    build_ring(name, socket.getsockname()[1])
for name, socket in sockets.items():
    app = configure(name, f"[pipeline:main]\npipeline = app\n[app:app]\nuse = egg:swift#{name}\n")
    eventlet.spawn(serve, socket, app, utils.NullLogger(), SwiftHttpProtocol)

filters = ("catch_errors", "gatekeeper", "s3api", "tempauth", "copy", "slo", "dlo", "versioned_writes")
settings = {"tempauth": f"user_samewire_tester = {secret} .admin\n", "versioned_writes": "allow_versioned_writes = true\n"}
proxy = configure(
    "proxy",
    f"[pipeline:main]\npipeline = {' '.join(filters)} proxy-server\n"
    "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
    + "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n{settings.get(name, '')}" for name in filters),
)
memory = Memory()


def front(environment, start_response):
    environment["swift.cache"] = memory
    return proxy(environment, start_response)


serve(eventlet.listen(("127.0.0.1", int(port)), backlog=1024), front, Flushing(), CountedProtocol)
