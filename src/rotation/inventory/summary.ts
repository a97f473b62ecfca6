/** An inventory as a job summary. Pure: data in, HTML out. */
import { ActionError } from '../../errors/action-error.ts'
import { codeHtml, details, textHtml } from '../../text/html.ts'
import { date, explained, grid, lines, MAX_BYTES } from '../report/summary.ts'
import { type AccountRow, type Inventory, order, type SecretRow } from './inventory.ts'
import { accountTitle, MOST_TOKENS } from './lines.ts'
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

/** Has what does not fit. */
const OUTPUT = 'inventory'

/**
 * The tables, what needs attention before the rest; below them what failed, all as far as it fits. `page`: explains all
 * codes, if it is known.
 */
export function inventorySummary(
  inventory: Inventory,
  failures: readonly ActionError[],
  page: string | undefined,
): string {
  const { org, secrets, account, takenAt } = inventory
  const all = worstFirst(secrets)
  const urgent = all.filter((row) => isUrgent(row))
  const rest = all.filter((row) => !isUrgent(row))
  return [
    `<h3>Hugging Face token inventory for ${codeHtml(org)}</h3>`,
    ...(urgent.length === 0 ? ['<p>Nothing to report about the listed secrets.</p>'] : [secretTable(urgent, takenAt)]),
    ...(rest.length === 0 ? [] : [details(`${rest.length} without findings`, secretTable(rest, takenAt))]),
    ...(account === undefined || account instanceof ActionError ? [] : accountParts(account, takenAt)),
    ...explained(failures, page, OUTPUT),
  ].join('\n')
}

function isUrgent(row: SecretRow): boolean {
  return order(row) > 0 || remarks(row)[0] !== 'ok'
}

function secretTable(rows: readonly SecretRow[], now: number): string {
  return grid(
    ['Secret', 'Findings', 'Token', 'Owner', 'Next due', 'Versions'],
    rows.map((row) => [
      lines(codeHtml(row.secret), `scope ${codeHtml(row.scope)}`),
      lines(...remarks(row).map((one) => `<b>${textHtml(one)}</b>`)),
      lines(
        row.token.createdAt === undefined ? '' : `${age(row.token.createdAt, now)} old`,
        row.token.expiresAt === undefined ? '' : `expires ${date(row.token.expiresAt)}`,
        `last used: ${lastUseWords(row.token.lastUse, now)}`,
        `proof: ${proofWords(row, now)}`,
      ),
      textHtml(ownerWords(row.token)),
      date(row.token.dueAt),
      textHtml(versionWords(row, now)),
    ]),
    MAX_BYTES.table,
    OUTPUT,
  )
}

function accountParts(account: AccountRow, now: number): string[] {
  const shown = worstFirst(account.tokens).slice(0, MOST_TOKENS)
  const more = account.tokens.length - shown.length
  return [
    `<p>${textHtml(accountTitle(account))}</p>`,
    ...(shown.length === 0
      ? []
      : [
          grid(
            ['Other token', 'Findings', 'Age', 'Last used', 'Expires', 'What it is, by its name'],
            shown.map((row) => [
              codeHtml(row.name),
              lines(...tokenRemarks(row).map((one) => `<b>${textHtml(one)}</b>`)),
              age(row.createdAt, now),
              lastUseWords(row.lastUse, now),
              date(row.expiresAt),
              textHtml(originWords(row)),
            ]),
            MAX_BYTES.rights,
            OUTPUT,
          ),
        ]),
    ...(more === 0 ? [] : [`<p>and ${more} more</p>`]),
  ]
}
