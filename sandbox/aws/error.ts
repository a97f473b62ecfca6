/** An error as an AWS service answers it. */
export class AwsError extends Error {
  /** The code on the wire, e.g. `AccessDenied`. */
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = status
  }
}
