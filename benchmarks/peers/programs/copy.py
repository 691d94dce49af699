"""Copies a file or a tree with a client written in Python: the client's name is its argument, the job is JSON on standard input.

Standard output has JSON: how long it took from the first call until its connection was closed. Instead of doing a job it says its version (`--version`).
"""

import json
import os
import shutil
import sys
import time
from urllib.parse import urlsplit


def open_breezy():
    import breezy
    import breezy.bzr
    import breezy.transport

    breezy.initialize()

    def run(transfer, destination):
        local, remote = transfer["local"], transfer["remote"]
        there = breezy.transport.get_transport_from_url(destination["url"])
        if transfer["what"] == "tree":
            here = breezy.transport.get_transport_from_path(local)
            ends = (here, there.clone(remote))
            source, target = ends if transfer["action"] == "put" else reversed(ends)
            target.mkdir(".")
            source.copy_tree_to_transport(target)
        elif transfer["action"] == "put":
            with open(local, "rb") as file:
                there.put_file(remote, file)
        else:
            with there.get(remote) as source, open(local, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        there.disconnect()

    return breezy.__version__, run


def open_fsspec():
    import fsspec
    import paramiko
    from fsspec.implementations.ftp import FTPFileSystem
    from fsspec.implementations.sftp import SFTPFileSystem

    def open_files(destination):
        parts = urlsplit(destination["url"])
        place = {"host": parts.hostname, "port": parts.port, "username": parts.username}
        if parts.scheme == "ftp":
            return FTPFileSystem(password=destination["password"], **place)
        key = {"key_filename": destination["identityFile"], "look_for_keys": False, "allow_agent": False}
        return SFTPFileSystem(**place, **key)

    def put_tree(files, local, remote):
        for folder, _, names in os.walk(local):
            there = os.path.normpath(os.path.join(remote, os.path.relpath(folder, local)))
            files.mkdir(there, create_parents=False)
            for name in names:
                files.put_file(os.path.join(folder, name), os.path.join(there, name))

    def get_tree(files, remote, local):
        for folder, _, names in files.walk(remote):
            here = os.path.normpath(os.path.join(local, os.path.relpath(folder, remote)))
            os.makedirs(here, exist_ok=True)
            for name in names:
                files.get_file(os.path.join(folder, name), os.path.join(here, name))

    def run(transfer, destination):
        files = open_files(destination)
        local = transfer["local"]
        remote = os.path.join(urlsplit(destination["url"]).path, transfer["remote"])
        if transfer["what"] == "tree":
            # Its own calls for trees fail on SFTP.
            put_tree(files, local, remote) if transfer["action"] == "put" else get_tree(files, remote, local)
        elif transfer["action"] == "put":
            files.put_file(local, remote)
        else:
            files.get_file(remote, local)

    return f"{fsspec.__version__}, paramiko {paramiko.__version__}", run


def main():
    client = sys.argv[1]
    try:
        version, run = {"breezy": open_breezy, "fsspec": open_fsspec}[client]()
    except ImportError as error:
        return print(error, file=sys.stderr)
    if sys.argv[2:] == ["--version"]:
        return print(version)
    job = json.load(sys.stdin)
    begun = time.perf_counter()
    run(job["transfer"], job["destination"])
    print(json.dumps({"ms": (time.perf_counter() - begun) * 1000}), flush=True)


main()
