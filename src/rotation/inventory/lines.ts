/** An inventory as lines for the log. Pure: data in, text out. */
import { ActionError } from '../../errors/action-error.ts'
import { aligned, date } from '../report/summary.ts'
import type { AccountRow, Inventory } from './inventory.ts'
import {
  age,
  lastUseWords,
  originWords,
  ownerWords,
  proofWords,
  remarks,
  tokenRemarks,
  versionWords,
  worstFirst,
} from './words.ts'

/** The most tokens of the account that are shown. */
export const MOST_TOKENS = 200

/** Two tables: the secrets, and the account's other tokens; what needs attention is at the top of each. */
export function inventoryLines({ secrets, account, takenAt }: Inventory): string[] {
  const rows = worstFirst(secrets).map((row) => [
    row.secret,
    remarks(row).join(', '),
    age(row.token.createdAt, takenAt),
    date(row.token.dueAt),
    date(row.token.expiresAt),
    ownerWords(row.token),
    lastUseWords(row.token.lastUse, takenAt),
    proofWords(row, takenAt),
    versionWords(row, takenAt),
  ])
  const head = ['secret', 'findings', 'age', 'next due', 'expires', 'owner', 'last used', 'proof', 'versions']
  return [
    ...aligned([head, ...rows]),
    ...(account === undefined || account instanceof ActionError ? [] : accountLines(account, takenAt)),
  ]
}

function accountLines(account: AccountRow, now: number): string[] {
  const shown = worstFirst(account.tokens).slice(0, MOST_TOKENS)
  return [
    accountTitle(account),
    ...(shown.length === 0
      ? []
      : aligned([
          ['token', 'findings', 'age', 'last used', 'expires', 'what it is'],
          ...shown.map((row) => [
            row.name,
            tokenRemarks(row).join(', '),
            age(row.createdAt, now),
            lastUseWords(row.lastUse, now),
            date(row.expiresAt),
            originWords(row),
          ]),
        ])),
    ...(account.tokens.length > shown.length ? [`and ${account.tokens.length - shown.length} more`] : []),
  ]
}

/** How many tokens the account has. */
export function accountTitle({ name, total, tokens }: AccountRow): string {
  if (total === undefined) return `The Hub does not list the tokens of the service account ${name}.`
  return `The service account ${name} has ${count(total)}; the listed secrets hold ${total - tokens.length}.`
}

function count(tokens: number): string {
  return tokens === 1 ? '1 token' : `${tokens} tokens`
}
