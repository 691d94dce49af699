import type { Socket } from "node:net";
import { connect } from "node:net";

/** What a door does that leads to another server than before. */
export function leadTo(port: number): (socket: Socket) => void {
  return (socket) => {
    const onward = connect(port, "127.0.0.1");
    socket.pipe(onward).pipe(socket);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  };
}
