/** Evaluates an `if:` as GitHub's runner does, with GitHub's own library. */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import type { Job } from './job.ts'

/** Whether a step with this condition runs in the job; `${{ }}` around it may be left out. */
export function runs(condition: string, job: Job): boolean {
  const text = condition.trim().replace(/^\$\{\{(.*)\}\}$/, '$1')
  const { environment } = job
  const github = {
    event_name: environment.GITHUB_EVENT_NAME,
    repository: environment.GITHUB_REPOSITORY,
    actor: environment.GITHUB_ACTOR,
    event: job.event,
  }
  const context = JSON.parse(JSON.stringify({ github }), data.reviver) as data.Dictionary
  const expression = new Parser(new Lexer(text).lex().tokens, ['github'], []).parse()
  // An expression's own truth is what `!` makes of it.
  return new Evaluator(expression, context).evaluate().coerceString() === 'true'
}
