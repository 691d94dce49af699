/** The part of a pino logger that is used. Any object of this shape may be injected; the default is silent. */
export interface Logger {
  /** Not called by the library itself. */
  trace(fields: object, message: string): void;
  /** What was repeated; with `log`, every call. */
  debug(fields: object, message: string): void;
  /** Connections opened, a limit that a server set. */
  info(fields: object, message: string): void;
  /** Connections refused or lost, a second one where one was open, a file that is not believed, an option that no scheme has; with `log`, every call that failed. */
  warn(fields: object, message: string): void;
  /** Not called by the library itself. */
  error(fields: object, message: string): void;
}

const ignore = (): void => undefined;

/** Says nothing. */
export const silentLogger: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
