"""Reads parts of a file with a client written in Python, again and again on one connection.

Standard input has a line of JSON that says which client, where, and which parts; then a line for each time that they are to be read. Each is
answered with a line of JSON on standard output: first with the client's version, or why it is missing, then with how long it took and the SHA-256 of what was read.
"""

import hashlib
import json
import sys
import time


def open_breezy(target):
    import breezy
    import breezy.transport

    breezy.initialize()
    transport = breezy.transport.get_transport_from_url(target["base"])
    transport.stat(target["name"]) if target["base"].startswith("sftp:") else transport.has(target["name"])

    def read(ranges):
        return [data for _, data in transport.readv(target["name"], ranges)]

    return breezy.__version__, read


def open_fsspec(target):
    import fsspec

    if target["base"].startswith("sftp:"):
        import paramiko

        login = target["login"]
        files = fsspec.filesystem(
            "sftp",
            host=login["host"],
            port=login["port"],
            username=login["user"],
            key_filename=login["keyFile"],
            look_for_keys=False,
            allow_agent=False,
        )
        path = login["directory"] + target["name"]
        version = f"{fsspec.__version__}, paramiko {paramiko.__version__}"
    else:
        import aiohttp

        files = fsspec.filesystem("http")
        path = target["base"] + target["name"]
        version = f"{fsspec.__version__}, aiohttp {aiohttp.__version__}"
    files.info(path)

    def read(ranges):
        starts = [offset for offset, _ in ranges]
        ends = [offset + length for offset, length in ranges]
        return files.cat_ranges([path] * len(ranges), starts, ends)

    return version, read


def tell(**facts):
    print(json.dumps(facts), flush=True)


def main():
    target = json.loads(sys.stdin.readline())
    ranges = [tuple(part) for part in target["ranges"]]
    try:
        version, read = {"breezy": open_breezy, "fsspec": open_fsspec}[target["client"]](target)
    except ImportError as error:
        return tell(missing=str(error))
    tell(version=version)
    for _ in sys.stdin:
        begun = time.perf_counter()
        parts = read(ranges)
        seconds = time.perf_counter() - begun
        tell(ms=seconds * 1000, digest=hashlib.sha256(b"".join(parts)).hexdigest())


main()
