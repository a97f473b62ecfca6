/** What the core may say while it works. The edge gives the runner's own; a test gives an array. */
export interface Log {
  info(message: string): void
  debug(message: string): void
  warning(message: string): void
}

/** Registers a secret value with the runner: from then on it shows as `***`. Must be called before anything else. */
export type Mask = (secret: string) => void
