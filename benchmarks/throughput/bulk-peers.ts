import { curl } from "../peers/curl.ts";
import { lftp } from "../peers/lftp.ts";
import { openSshScp, openSshSftp } from "../peers/openssh.ts";
import { rclone } from "../peers/rclone.ts";
import { nodePeer, pythonPeer, samewireProgram } from "../peers/self-measured.ts";
import type { TransferPeer } from "../peers/transfer.ts";
import type { Target } from "../target.ts";
import type { BulkScheme } from "./bulk-places.ts";
import { rcloneHttp } from "./rclone-http.ts";

/** Who copies a large file, and how much of it where the whole would take minutes. */
export interface BulkPeer {
  readonly peer: TransferPeer;
  /** Where it is used in another way elsewhere: only for these. Default wherever it can. */
  readonly schemes?: readonly BulkScheme[];
  readonly actions?: readonly ("get" | "put")[];
  /** The share of the file for a kind of transfer, such as `sftp put 0`; default the whole. */
  readonly shares?: Readonly<Partial<Record<string, number>>>;
}

/** The first row of each table; every other one is compared with it. */
export const ours = "samewire";

const file = { what: ["file"] } as const;
const gcm = "aes128-gcm@openssh.com";

/** samewire first, then everybody who is installed, each as its documentation shows it. */
export const bulkPeers: readonly BulkPeer[] = [
  { peer: samewireProgram(ours) },
  { peer: samewireProgram("samewire, in place", { atomic: false }), actions: ["put"] },
  { peer: openSshSftp() },
  { peer: openSshSftp({ cipher: gcm }) },
  { peer: openSshScp() },
  { peer: { ...curl(), name: "curl" }, shares: { "sftp get 20": 1 / 8, "sftp put 20": 1 / 128 } },
  { peer: rclone(), schemes: ["sftp", "ftp", "dav"] },
  { peer: rcloneHttp, schemes: ["http"] },
  { peer: lftp(1), shares: { "sftp get 20": 1 / 4, "sftp put 20": 1 / 4 } },
  {
    peer: nodePeer("ssh2", { ...file, name: "bare ssh2, by hand", client: "bare-ssh2-file", schemes: ["sftp"] }),
  },
  {
    peer: nodePeer("ssh2", {
      ...{ ...file, name: "bare ssh2, fast", client: "bare-ssh2-file", schemes: ["sftp"] },
      settings: { fast: true },
    }),
  },
  {
    peer: nodePeer("ssh2-sftp-client", {
      ...{ ...file, name: "ssh2-sftp-client fast", client: "ssh2-sftp-client", schemes: ["sftp"] },
      settings: { fast: true },
    }),
    shares: { "sftp put 0": 1 / 4, "sftp get 20": 1 / 4, "sftp put 20": 1 / 4 },
  },
  {
    peer: nodePeer("ssh2-sftp-client", {
      ...{ ...file, name: "ssh2-sftp-client", client: "ssh2-sftp-client", schemes: ["sftp"] },
    }),
    shares: { "sftp put 0": 1 / 32 },
  },
  { peer: nodePeer("basic-ftp", { ...file, name: "basic-ftp", client: "basic-ftp", schemes: ["ftp"] }) },
  {
    peer: nodePeer("undici", {
      ...{ ...file, name: "undici, piped", client: "bare-undici", schemes: ["dav"] },
      settings: { connections: 1 },
    }),
  },
  {
    peer: {
      ...nodePeer("undici", { ...file, name: "Node's fetch", client: "bare-fetch", schemes: ["dav"] }),
      version: () => Promise.resolve(process.version),
    },
  },
  {
    peer: nodePeer("webdav", {
      ...{ ...file, name: "webdav", client: "webdav", schemes: ["dav"] },
      settings: { connections: 1 },
    }),
  },
  {
    peer: pythonPeer({ ...file, name: "Breezy", client: "breezy", schemes: ["sftp"] }),
    shares: { "sftp get 20": 1 / 4, "sftp put 20": 1 / 4 },
  },
  {
    peer: pythonPeer({ ...file, name: "fsspec", client: "fsspec", schemes: ["sftp", "ftp"] }),
    shares: { "sftp get 0": 1 / 4, "sftp put 0": 1 / 128, "ftp put 0": 1 / 4 },
  },
];

/**
 * Who would be seen twice at a delay, where a minute is spent on waiting: scp is sftp in another coat, ciphers and buffers make no difference, and who takes a
 * round trip for each piece is shown by curl.
 */
export const alikeAtDelay: RegExp = /^(OpenSSH sftp|OpenSSH scp|bare ssh2, by hand|ssh2-sftp-client|fsspec)$/;

const openSsh = ["OpenSSH sftp", "OpenSSH sftp aes128-gcm"];

/** What samewire is to reach, by scheme, action and round trip. */
export const bulkTargets: Readonly<Partial<Record<string, readonly Target[]>>> = {
  "sftp get 0": [
    { most: 0.75, of: ["OpenSSH sftp aes128-gcm"] },
    { most: 0.05, of: ["ssh2-sftp-client"] },
  ],
  "sftp put 0": [{ most: 0.85, of: openSsh }],
  "sftp get 20": [{ most: 0.75, of: [...openSsh, "rclone"] }],
  "sftp put 20": [{ most: 1, of: [...openSsh, "rclone"] }],
  "http get 0": [{ most: 0.6, of: ["undici, piped"] }],
};
