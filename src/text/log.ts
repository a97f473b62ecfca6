/** Where the core writes while it works: the edge passes the runner's log, a test passes an array. */
export interface Log {
  info(message: string): void
  debug(message: string): void
  warning(message: string): void
}

/** Registers a secret value with the runner, which shows it as `***` from then on. Must be called before anything else. */
export type Mask = (secret: string) => void
