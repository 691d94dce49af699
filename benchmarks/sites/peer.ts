/** A connection as a program without samewire has it: the calls of a vendor's client as promises. Paths are relative to the URL that it was opened with. */
export interface PeerSession {
  has(path: string): Promise<boolean>;
  mkdir(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  read(path: string): Promise<string>;
  write(path: string, content: string): Promise<void>;
  /** Ends the connection as the vendor's documentation shows, and resolves once it is closed. */
  end(): Promise<void>;
}

/** A vendor's client, used as its documentation shows: one client for each location. */
export interface Peer {
  /** The package, as it is named in results. */
  readonly name: string;
  connect(url: string): Promise<PeerSession>;
}

/** Opens a connection to a location, does `work` on it, and closes it. */
export async function connected<T>(peer: Peer, url: string, work: (session: PeerSession) => Promise<T>): Promise<T> {
  const session = await peer.connect(url);
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}
