import { listening, preparePlace, programPath, startChild } from "./server-process.ts";
import { WebServer } from "./web-server.ts";

/** Python's own `http.server`, which speaks HTTP/1.0 and knows no ranges. */
export class PythonHttpServer extends WebServer {
  protected readonly secure = false;

  /** Requests that it logged: each has a connection of its own. */
  get accepted(): number {
    return this.count(/" \d{3} \S+$/gm);
  }

  protected isListening(): boolean {
    return this.log.includes("Serving HTTP on");
  }
}

/** Starts it in a temporary folder and waits until it listens. Rejects where Python is not installed or says that it cannot. */
export async function startPythonHttp(): Promise<PythonHttpServer> {
  const program = programPath("python");
  const place = await preparePlace("python");
  const address = ["--bind", "127.0.0.1", "--directory", place.root, String(place.port)];
  return listening(new PythonHttpServer(await startChild(program, ["-u", "-m", "http.server", ...address]), place));
}
