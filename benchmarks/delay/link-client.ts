// A program of its own, so that it can run behind the delay: see `measureLink`, whose answer it prints.
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

import { median } from "../statistics.ts";
import type { Link } from "./measure-link.ts";

const [port = 0, bytes = 0] = process.argv.slice(2).map(Number);

async function open(): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

async function roundTrip(socket: Socket): Promise<number> {
  const start = performance.now();
  socket.write("p");
  await once(socket, "data");
  return performance.now() - start;
}

async function roundTrips(): Promise<number> {
  const socket = await open();
  const times: number[] = [];
  for (let count = 0; count < 9; count++) times.push(await roundTrip(socket));
  socket.destroy();
  return median(times);
}

async function down(): Promise<number> {
  const socket = await open();
  const start = performance.now();
  socket.write("d");
  socket.resume();
  await once(socket, "end");
  return bytes / (performance.now() - start);
}

async function up(): Promise<number> {
  const socket = await open();
  const start = performance.now();
  socket.write("u");
  socket.end(Buffer.alloc(bytes));
  await once(socket, "data");
  return bytes / (performance.now() - start);
}

const link: Link = { roundTripMs: await roundTrips(), downBytesPerMs: await down(), upBytesPerMs: await up() };
process.stdout.write(JSON.stringify(link));
