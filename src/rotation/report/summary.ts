/** The job summary and the log's table of a rotation. Pure: data in, text out. */
import type { ActionError } from '../../errors/action-error.ts'
import { claimsHtml, explanationHtml } from '../../errors/explanation-html.ts'
import { formatDuration } from '../../text/duration.ts'
import { codeHtml, escapeHtml, inlineHtml, textHtml } from '../../text/html.ts'
import { hasMoved, type Outcome } from '../outcome.ts'
import { verdict } from '../progress.ts'
import type { RotationRequest } from '../request.ts'
import type { Rotation } from '../run.ts'
import { fitting, ordered } from './order.ts'

/** So many secrets are shown in one table, whatever became of them. */
const MANY = 20
/**
 * How long each part of a summary may be, in bytes: together less than the 1 MiB that GitHub takes from one step.
 * Source: GitHub Docs, "Workflow commands", step isolation and limits of job summaries.
 */
export const MAX_BYTES = { table: 250_000, rights: 100_000, failures: 250_000 } as const
/** Where what was left out can be found. `output`: of the step. */
const inFull = (output: string) => `The log and the output <code>${output}</code> have more.`

/**
 * The whole run in one table, next due dates included; below it what failed, and what to do. Failures come first, and of
 * many secrets, those that are unchanged are folded away. `now`: milliseconds since the epoch. `page`: the page that
 * explains all codes, if it is known.
 */
export function rotationSummary(
  request: RotationRequest,
  rotation: Rotation,
  now: number,
  page: string | undefined,
): string {
  const { failed, changed, unchanged } = ordered(rotation.secrets)
  const failures = [
    ...failed.flatMap(({ errors }) => errors),
    ...rotation.services.flatMap(({ error }) => (error ? [error] : [])),
  ]
  const isLong = rotation.secrets.length > MANY
  return [
    `<h3>Hugging Face token rotation for ${codeHtml(request.org)}${request.dryRun ? ' (dry run: nothing was changed)' : ''}</h3>`,
    ...(isLong
      ? [
          `<p>${rotation.secrets.length} secrets: ${failed.length} failed, ${changed.length} changed or in need of attention, ${unchanged.length} unchanged.</p>`,
          ...(failed.length + changed.length > 0 ? [secretsTable([...failed, ...changed], now)] : []),
          ...(unchanged.length > 0
            ? [`<details><summary>${unchanged.length} unchanged</summary>\n${secretsTable(unchanged, now)}\n</details>`]
            : []),
        ]
      : [secretsTable([...failed, ...changed, ...unchanged], now)]),
    ...organizationWide(request),
    ...(request.dryRun
      ? [
          grid(
            ['Secret', 'Current token', 'New token'],
            rotation.secrets.map(({ secret, before, after }) => [
              codeHtml(secret),
              textHtml(before ?? 'unknown'),
              textHtml(after ?? 'unknown'),
            ]),
            MAX_BYTES.rights,
          ),
        ]
      : []),
    ...(rotation.services.length === 0
      ? []
      : [
          grid(
            ['ECS service', 'Result', 'Deployment'],
            rotation.services.map(({ service, action, deploymentId, error }) => [
              codeHtml(service),
              `<b>${textHtml(error ? `failed: ${error.code}` : action)}</b>`,
              deploymentId === undefined ? '' : codeHtml(deploymentId),
            ]),
            MAX_BYTES.rights,
          ),
        ]),
    ...explained(failures, page),
  ].join('\n')
}

function secretsTable(outcomes: readonly Outcome[], now: number): string {
  return grid(
    ['Secret', 'Result', 'Current version', 'Next due', 'Previous tokens'],
    outcomes.map((outcome) => [
      lines(codeHtml(outcome.secret), `scope ${codeHtml(outcome.scope)}`),
      lines(`<b>${textHtml(verdict(outcome))}</b>`, outcome.errors.length > 0 ? '' : inlineHtml(outcome.note)),
      lines(
        outcome.versionId === undefined ? '' : codeHtml(outcome.versionId),
        outcome.createdAt === undefined ? '' : hasMoved(outcome) ? 'new' : `${age(outcome, now)} old`,
      ),
      date(outcome.dueAt),
      lines(
        ...(outcome.previousEndsAt === undefined ? [] : ['valid until', date(outcome.previousEndsAt)]),
        outcome.revoked === 0 ? '' : `${outcome.revoked} revoked`,
      ),
    ]),
    MAX_BYTES.table,
  )
}

/** What failed, each with what to do, as far as it fits. `output`: has more. */
export function explained(failures: readonly ActionError[], page: string | undefined, output = 'report'): string[] {
  const { shown, left } = fitting(
    failures.map((failure) => failureHtml(failure, page)),
    MAX_BYTES.failures,
  )
  return left === 0 ? shown : [...shown, `<p>${left} more failures are not explained here. ${inFull(output)}</p>`]
}

/** The secrets whose minted tokens are for the whole organization. */
function organizationWide({ mode, secrets }: RotationRequest): string[] {
  const wide = mode.kind === 'mint' ? secrets.filter(({ repositories }) => repositories.length === 0) : []
  if (wide.length === 0) return []
  const named = wide
    .slice(0, MANY)
    .map(({ secret }) => codeHtml(secret.id))
    .join(', ')
  const names = wide.length > MANY ? `${named} and ${wide.length - MANY} more secrets` : named
  return [
    `<p>New tokens for ${names} are organization-wide. To mint them for single repositories, add <code>repositories=</code> to the line.</p>`,
  ]
}

/** One failure under its code. `page`: the page that explains all codes, if it is known. */
export function failureHtml(error: ActionError, page: string | undefined, title = 'Failed'): string {
  const { claims } = error.explanation
  return [
    `<h3>${title}: <code>${escapeHtml(error.code)}</code></h3>`,
    explanationHtml(error, page),
    ...(claims === undefined ? [] : [claimsHtml(claims)]),
  ].join('\n')
}

/** What there is, one below the other; HTML. */
export function lines(...html: readonly string[]): string {
  return html.filter((line) => line !== '').join('<br>')
}

/** The same table as lines for the log. */
export function rotationLines({ secrets, services }: Rotation, now: number): string[] {
  const { failed, changed, unchanged } = ordered(secrets)
  const rows = [...failed, ...changed, ...unchanged].map((outcome) => [
    outcome.secret,
    verdict(outcome),
    age(outcome, now),
    date(outcome.dueAt),
    date(outcome.previousEndsAt),
    String(outcome.revoked),
  ])
  return [
    ...aligned([['secret', 'result', 'age', 'next due', 'previous token until', 'revoked'], ...rows]),
    ...(services.length === 0
      ? []
      : aligned([
          ['service', 'result', 'deployment'],
          ...services.map(({ service, action, deploymentId }) => [service, action, deploymentId ?? '']),
        ])),
  ]
}

/** What each secret's token can do, and what the token in its place could do: for `dry-run`. */
export function beforeAndAfterLines({ secrets }: Pick<Rotation, 'secrets'>): string[] {
  return secrets.flatMap(({ secret, before, after }) => [
    secret,
    `  before: ${before ?? 'unknown'}`,
    `  after:  ${after ?? 'unknown'}`,
  ])
}

function age({ createdAt }: Outcome, now: number): string {
  return createdAt === undefined ? '' : formatDuration((now - createdAt) / 1000)
}

/** To the minute, UTC. */
export function date(at: number | undefined): string {
  return at === undefined ? '' : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z`
}

/** Rows of cells as lines with columns. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** A table; the cells are HTML. As many rows as fit into so many bytes. `output`: has more. */
export function grid(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  maxBytes = Number.POSITIVE_INFINITY,
  output = 'report',
): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  const { shown, left } = fitting(
    rows.map((row) => line(row, 'td')),
    maxBytes,
  )
  const table = `<table>\n${[line(head, 'th'), ...shown].join('\n')}\n</table>`
  return left === 0 ? table : `${table}\n<p>${left} more rows are not shown. ${inFull(output)}</p>`
}
