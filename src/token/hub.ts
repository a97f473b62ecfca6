/** What the main flow needs of the Hub once it has a token: one piece, which is loaded while it waits for AWS. */
export { HubClient } from '../hub/client.ts'
export { verifyToken } from '../hub/verdict/verify.ts'
