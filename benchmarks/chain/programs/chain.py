"""Does something at each of several URLs with a client written in Python: its name is the argument, the job is JSON on standard input.

Standard output has JSON: how long it took, the client being loaded, and what was found. With `--version` it has the version.
"""

import json
import posixpath
import sys
import time
from urllib.parse import urlsplit


def take_with_breezy(job):
    import breezy.transport

    # Its own list of this name, which every function hands on.
    possible_transports = []

    def take(step, server):
        parent, name = posixpath.split(step["path"])
        transport = breezy.transport.get_transport(server["url"] + parent, possible_transports)
        if step["action"] == "read":
            return [transport.get_bytes(name).decode()]
        if step["action"] == "list":
            return [",".join(sorted(transport.list_dir(name)))]
        if step["action"] == "mkdir":
            transport.mkdir(name)
        else:
            transport.put_bytes(name, step["content"].encode())
        return []

    found = [part for step in job["steps"] for part in take(step, job["servers"][step["server"]])]
    for transport in possible_transports:
        transport.disconnect()
    return found


def take_with_fsspec(job):
    import fsspec

    def take(step, server):
        parts = urlsplit(server["url"])
        # fsspec keeps what it opened for the same arguments.
        files = fsspec.filesystem(
            "sftp",
            host=parts.hostname,
            port=parts.port,
            username=parts.username,
            key_filename=server["identityFile"],
            look_for_keys=False,
            allow_agent=False,
        )
        there = posixpath.join(parts.path, step["path"])
        if step["action"] == "read":
            return [files.cat_file(there).decode()]
        if step["action"] == "list":
            return [",".join(sorted(posixpath.basename(path) for path in files.ls(there, detail=False)))]
        if step["action"] == "mkdir":
            files.mkdir(there, create_parents=False)
        else:
            files.pipe_file(there, step["content"].encode())
        return []

    return [part for step in job["steps"] for part in take(step, job["servers"][step["server"]])]


def load(client):
    if client == "breezy":
        import breezy
        import breezy.bzr
        import breezy.transport.sftp

        breezy.initialize()
        return breezy.__version__
    import fsspec.implementations.sftp
    import paramiko

    return f"{fsspec.__version__}, paramiko {paramiko.__version__}"


def main():
    client = sys.argv[1]
    if sys.argv[2:] == ["--version"]:
        try:
            return print(load(client))
        except ImportError as error:
            return print(error, file=sys.stderr)
    load(client)
    job = json.load(sys.stdin)
    begun = time.perf_counter()
    found = {"breezy": take_with_breezy, "fsspec": take_with_fsspec}[client](job)
    print(json.dumps({"ms": (time.perf_counter() - begun) * 1000, "found": found}), flush=True)


main()
