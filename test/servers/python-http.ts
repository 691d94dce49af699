import { rootOf, startProgram } from "./real-server.ts";
import { WebServer } from "./web-server.ts";

/** Python's own `http.server`, which speaks HTTP/1.0 and knows no ranges. */
export class PythonHttpServer extends WebServer {
  protected readonly secure = false;

  /** Requests that it logged: each has a connection of its own. */
  get accepted(): number {
    return this.count(/" \d{3} \S+$/gm);
  }
}

/** Starts it in a temporary folder and waits until it listens. Rejects where Python is not installed or says that it cannot. */
export async function startPythonHttp(): Promise<PythonHttpServer> {
  const server = await startProgram("python", (place) => [
    ...["-u", "-m", "http.server"],
    ...["--bind", "127.0.0.1", "--directory", rootOf(place), String(place.port)],
  ]);
  return new PythonHttpServer(server);
}
