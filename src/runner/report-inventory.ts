/** Edge: takes an inventory and reports it to the runner: log, annotations, outputs, summary. */
import { setOutput } from '@actions/core'
import type { ActionError } from '../errors/action-error.ts'
import { failuresOf } from '../rotation/inventory/failures.ts'
import { inventoryJson } from '../rotation/inventory/json.ts'
import { inventoryLines } from '../rotation/inventory/lines.ts'
import { inventorySummary } from '../rotation/inventory/summary.ts'
import { takeInventory } from '../rotation/inventory/take.ts'
import type { ReportMode } from '../rotation/request.ts'
import type { RotationContext } from '../rotation/run.ts'
import { verbatim } from '../text/printable.ts'
import { annotate, errorsPage, runnerLog, writeSummary } from './log.ts'

/**
 * Takes the inventory and reports it: the step fails when something could not be read, or `fail-on` says so. Returns the
 * first failure. `chain`: the chain of identity at the end, as HTML.
 *
 * @throws what `takeInventory` throws.
 */
export async function reportInventory(
  context: RotationContext,
  mode: ReportMode,
  chain: () => string,
): Promise<ActionError | undefined> {
  const inventory = await takeInventory(context, mode)
  for (const line of inventoryLines(inventory)) runnerLog.info(line)
  const soon = inventory.secrets.filter(({ isDueSoon }) => isDueSoon)
  if (soon.length > 0) {
    const names = soon.map(({ secret, token }) => `${verbatim(secret)}${token.dueAt ? ` (${day(token.dueAt)})` : ''}`)
    runnerLog.warning(`A person must replace the tokens in these secrets soon:\n${names.join('\n')}`)
  }
  const failures = failuresOf(inventory, { ...context.request, ...mode })
  for (const failure of failures) annotate(failure)
  setOutput('rotated', '0')
  setOutput('inventory', inventoryJson(inventory, mode))
  const html = inventorySummary(inventory, failures, errorsPage())
  await writeSummary([html, chain()].filter((part) => part !== '').join('\n'))
  return failures[0]
}

function day(at: number): string {
  return `due on ${new Date(at).toISOString().slice(0, 10)}`
}
