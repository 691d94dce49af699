import { join } from "node:path";

import { programVersion } from "./program-version.ts";
import type { Command, Destination, Transfer, TransferPeer } from "./transfer.ts";
import { placeOf } from "./transfer.ts";

/** `curl -Z`, as many at a time as it does by itself; in a tree it is told every name, since it lists nothing. */
export function curl(): TransferPeer {
  return {
    name: "curl -Z",
    version: () => programVersion("curl", "--version"),
    can: (scheme, what) => what === "file" || scheme === "dav",
    commands(transfer, destination) {
      const { action, what, content } = transfer;
      if (what === "file") return Promise.resolve([copying([""], transfer, destination)]);
      const { directories = [], files = [] } = content ?? {};
      const made = action === "put" ? [making(["", ...directories], transfer, destination)] : [];
      return Promise.resolve([...made, copying(files, transfer, destination)]);
    },
  };
}

/** Collections are made one after another, on one connection: each has to be there before what is in it. */
function making(paths: readonly string[], { remote }: Transfer, destination: Destination): Command {
  const urls = paths.map((path) => `url = "${placeOf(destination).url(join(remote, path))}/"`);
  return command(["request = MKCOL", ...urls], destination);
}

function copying(paths: readonly string[], { action, local, remote }: Transfer, destination: Destination): Command {
  const { url } = placeOf(destination);
  const lines = paths.flatMap((path) => [
    `url = "${url(join(remote, path))}"`,
    `${action === "put" ? "upload-file" : "output"} = "${join(local, path)}"`,
  ]);
  return command([...(paths.length > 1 ? ["parallel"] : []), "create-dirs", ...lines], destination);
}

function command(lines: readonly string[], destination: Destination): Command {
  const { scheme, user } = placeOf(destination);
  const login = {
    dav: [],
    ftp: [`user = "${user}:${destination.password ?? ""}"`],
    sftp: [`user = "${user}:"`, `key = "${destination.identityFile ?? ""}"`, "insecure"],
  }[scheme];
  return { words: ["curl", "-q", "-s", "-S", "-f", "-K", "-"], input: [...login, ...lines, ""].join("\n") };
}
