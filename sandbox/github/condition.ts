/** Evaluates an `if:` as GitHub's runner does, with GitHub's own library. */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'
import { truthy } from '@actions/expressions/result'
import type { Job } from './job.ts'

/** What has happened in the job before the step. */
export type Status = 'success' | 'failure' | 'cancelled'

export interface Circumstances {
  status?: Status
  /** The variables that the context `env` shows. */
  env?: Record<string, string>
  /** The outputs of earlier steps, by the id of the step. Default: a rotation that has replaced a token. */
  outputs?: Record<string, Record<string, string>>
}

/** Whether a step with this condition runs in the job; `${{ }}` around it may be left out. */
export function runs(
  condition: string,
  job: Job,
  { status = 'success', env = {}, outputs = { rotate: { rotated: '1' } } }: Circumstances = {},
): boolean {
  const text = condition.trim().replace(/^\$\{\{(.*)\}\}$/, '$1')
  const { environment } = job
  const github = {
    event_name: environment.GITHUB_EVENT_NAME,
    repository: environment.GITHUB_REPOSITORY,
    actor: environment.GITHUB_ACTOR,
    ref: environment.GITHUB_REF,
    event: job.event,
  }
  const steps = Object.fromEntries(Object.entries(outputs).map(([id, given]) => [id, { outputs: given }]))
  const context = JSON.parse(JSON.stringify({ github, env, steps }), data.reviver) as data.Dictionary
  const functions = statusFunctions(status)
  const expression = new Parser(
    new Lexer(text).lex().tokens,
    ['github', 'env', 'steps'],
    [...functions.values()],
  ).parse()
  const isTrue = truthy(new Evaluator(expression, context, functions).evaluate())
  // Without one of these functions, the runner adds `success() &&`.
  const judges = [...functions.keys()].some((name) => new RegExp(`\\b${name}\\s*\\(`, 'i').test(text))
  return isTrue && (judges || status === 'success')
}

/** Throws for text that is not an expression; any context and any function of the status may be in it. */
export function parseExpression(text: string): void {
  const contexts = [
    'github',
    'env',
    'vars',
    'secrets',
    'steps',
    'needs',
    'inputs',
    'matrix',
    'job',
    'runner',
    'strategy',
  ]
  new Parser(new Lexer(text).lex().tokens, contexts, [...statusFunctions('success').values()]).parse()
}

function statusFunctions(status: Status): Map<string, FunctionDefinition> {
  const named = {
    success: status === 'success',
    failure: status === 'failure',
    cancelled: status === 'cancelled',
    always: true,
  }
  return new Map(
    Object.entries(named).map(([name, value]) => [
      name,
      { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) },
    ]),
  )
}
