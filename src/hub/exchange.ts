/** What the organization's token exchange is made with. */

export interface MemberExchange {
  clientId: string
  clientSecret: string
  /** The member's e-mail. */
  member: string
  scopes: readonly string[]
  /** Where the app's secret was read, in words. */
  secret: string
}
