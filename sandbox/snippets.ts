/** Checks what people copy from messages and documents: it parses, and names nothing that does not exist. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import type { Language } from '../src/text/snippets.ts'
import { parseExpression } from './github/condition.ts'
import { projectRoot } from './root.ts'

export interface Found {
  /** Undefined for lines of a format of our own (a rule, a line of `secrets`), and for plain text. */
  language: Language | undefined
  text: string
  /** Where it was found, for messages. */
  where: string
}

const PROGRAMS = 'aws|gh|git|curl|npm|node|docker|jq|icacls|chmod|chown|export|python3?|act'

/** What a block of a message is written in, by its looks: messages do not say. */
export function languageOf(text: string): Language | undefined {
  if (/^\s*[{[]/.test(text)) return 'json'
  if (new RegExp(`^(?:\\(|(?:${PROGRAMS})\\b)`).test(text)) return 'sh'
  if (/^if: /.test(text)) return 'if'
  const [, key = ''] = /^(?:- )?([\w-]+):(?: |\n|$)/.exec(text) ?? []
  return WORKFLOW_KEYS.includes(key) || isInput(key) ? 'yaml' : undefined
}

/** Keys of workflows with which a block begins; a form to fill in has others. */
const WORKFLOW_KEYS = [
  'permissions',
  'jobs',
  'steps',
  'container',
  'env',
  'with',
  'uses',
  'on',
  'enable-openid-connect',
]

function isInput(key: string): boolean {
  return ['.', 'rotate'].some((folder) => key in inputsOf(folder))
}

/** Fenced code in a language that can be checked, and conditions in code spans. */
export function snippetsOf(path: string, markdown: string): Found[] {
  const fences = [...markdown.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].flatMap((match) => {
    const [, indent = '', name = '', body = ''] = match
    const text = body.replace(new RegExp(`^${indent}`, 'gm'), '').replace(/\n$/, '')
    const language = LANGUAGES[name]
    if (language === undefined) return []
    const isCondition = language === 'yaml' && /^if: [^\n]*$/.test(text)
    return [{ language: isCondition ? ('if' as const) : language, text, where: `${path}: ${text.split('\n')[0]}` }]
  })
  const spans = [...markdown.matchAll(/`(if: [^`\n]+)`/g)].map(([, text = '']) => ({
    language: 'if' as const,
    text,
    where: `${path}: ${text}`,
  }))
  return [...fences, ...spans]
}

const LANGUAGES: Readonly<Record<string, Language>> = { yaml: 'yaml', yml: 'yaml', json: 'json', sh: 'sh', bash: 'sh' }

/** The blocks in a job summary. */
export function blocksOf(where: string, summary: string): Found[] {
  return [...summary.matchAll(/<pre><code>([\s\S]*?)<\/code><\/pre>/g)].map(([, html = '']) => {
    const text = html
      .replace(/&#(\d+);/g, (_, point: string) => String.fromCodePoint(Number(point)))
      .replaceAll('\u200b', '')
    return { language: languageOf(text), text, where: `${where}: ${text.split('\n')[0]}` }
  })
}

/** What is wrong with it; undefined if nothing is. */
export function problemOf({ language, text, where }: Found): string | undefined {
  const says = (problem: string) => `${where}: ${problem}`
  try {
    switch (language) {
      case 'json':
        JSON.parse(text.startsWith('"') ? `{${text}}` : text)
        return undefined
      case 'sh':
        return shellProblem(text, says)
      case 'if':
        parseExpression(conditionIn(text).replace(/^\$\{\{(.*)\}\}$/, '$1'))
        return undefined
      case 'yaml':
        return yamlProblem(text, says)
      default:
        return undefined
    }
  } catch (error) {
    return says(error instanceof Error ? error.message : String(error))
  }
}

/** The condition in `if: …`, as YAML reads it. */
export function conditionIn(text: string): string {
  const { if: condition } = parse(text) as { if?: unknown }
  if (typeof condition !== 'string') throw new Error(`the condition is not a string but ${JSON.stringify(condition)}`)
  return condition
}

/** The conditions of the jobs and steps in a workflow or in a part of one. */
export function conditionsIn(yaml: string): string[] {
  const found: string[] = []
  walk(parse(yaml), (key, value) => {
    if (key === 'if' && typeof value === 'string') found.push(value)
  })
  return found
}

function shellProblem(text: string, says: (problem: string) => string): string | undefined {
  // Whoever pastes `--name <name> --more` gets a file called `--more`.
  const placeholder = /(?:^|[\s=])<[a-z][\w -]*>(?:\s|$)/i.exec(text)
  if (placeholder) return says(`${placeholder[0].trim()} is a redirection to a shell; write a word in capitals`)
  execFileSync('bash', ['-n', '-c', text], { stdio: 'pipe' })
  return undefined
}

function yamlProblem(text: string, says: (problem: string) => string): string | undefined {
  for (const document of parseAllDocuments(text)) {
    const [error] = [...document.errors, ...document.warnings]
    if (error) return says(error.message)
    const problems: string[] = []
    walk(document.toJS(), (key, value, parent) => {
      if (key === 'if') parseExpression(String(value).replace(/^\$\{\{(.*)\}\}$/, '$1'))
      else if (typeof value === 'string') expressionsIn(value).forEach(parseExpression)
      if (key === 'with') problems.push(...unknownInputs(parent, value))
    })
    if (problems[0]) return says(problems[0])
  }
  return undefined
}

function expressionsIn(text: string): string[] {
  return [...text.matchAll(/\$\{\{(.*?)\}\}/g)].map(([, expression = '']) => expression)
}

/** Inputs of a step that uses this action and that the action does not have. */
function unknownInputs({ uses }: Record<string, unknown>, given: unknown): string[] {
  const folder = typeof uses === 'string' ? /^org\/hf-oidc-action(\/\w+)?@/.exec(uses)?.slice(1)[0] : null
  if (folder === null || typeof uses !== 'string' || !uses.startsWith('org/hf-oidc-action')) return []
  const inputs = inputsOf(folder ?? '.')
  return Object.keys(given as object)
    .filter((name) => !(name in inputs))
    .map((name) => `${uses} has no input ${name}`)
}

function inputsOf(folder: string): Record<string, unknown> {
  const { inputs } = parse(readFileSync(join(projectRoot, folder, 'action.yml'), 'utf8')) as {
    inputs: Record<string, unknown>
  }
  return inputs
}

type Visit = (key: string, value: unknown, parent: Record<string, unknown>) => void

function walk(node: unknown, visit: Visit): void {
  if (Array.isArray(node)) for (const item of node) walk(item, visit)
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return
  for (const [key, value] of Object.entries(node)) {
    visit(key, value, node as Record<string, unknown>)
    walk(value, visit)
  }
}
