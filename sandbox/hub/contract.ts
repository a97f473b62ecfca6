/**
 * Holds the sandbox's Hub, and what our code sends to it, to the Hub's own API description: `api/hub-api.json`, the
 * structure (without texts) of the Hub's published OpenAPI description of 17 August 2026, for the paths that matter here.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { projectRoot } from '../root.ts'
import type { SandboxRequest, SandboxResponse } from '../service.ts'

/** A route that the description does not have, and what is known of it instead. */
interface OutsideRoute {
  method: string
  path: RegExp
  source: string
}

const REPO = '/api/(?:models|datasets|spaces|kernels)/[^/]+/[^/]+'
/** A kernel has the routes of the other kinds, which the description does not list. */
const KERNEL = '/api/kernels/[^/]+/[^/]+'
const BUCKET = '/api/buckets/[^/]+/[^/]+'
const PAGE = '/(?:(?:datasets|spaces|kernels)/)?[^/]+/[^/]+'

export const OUTSIDE: readonly OutsideRoute[] = [
  outside('GET', `${REPO}/auth-check(?:/write)?`, 'huggingface_hub, HfApi.auth_check'),
  outside('GET', `${REPO}(?:/revision/[^/]+)?`, 'huggingface_hub, HfApi.repo_info'),
  outside('GET', `${REPO}/tree/[^/]+`, 'huggingface_hub, HfApi.list_repo_tree of the root'),
  outside('GET', '/api/(?:models|datasets|spaces)', 'huggingface_hub, HfApi.list_models'),
  outside('DELETE', '/api/repos/delete', 'huggingface_hub, HfApi.delete_repo'),
  outside('GET', `${KERNEL}/(?:refs|(?:commits|tree|xet-(?:read|write)-token)/.+)`, 'huggingface_hub, HfApi: kernels'),
  outside('POST', `${KERNEL}/(?:preupload|commit|paths-info|branch|tag)/[^/]+`, 'huggingface_hub, HfApi: kernels'),
  outside('DELETE', `${KERNEL}/(?:branch|tag)/[^/]+`, 'huggingface_hub, HfApi: kernels'),
  ...['GET', 'POST', 'DELETE'].map((method) => outside(method, BUCKET, 'huggingface_hub, HfApi: buckets')),
  outside('GET', `${BUCKET}/tree`, 'huggingface_hub, HfApi.list_bucket_tree of the root'),
  outside('POST', '/oauth/token', 'hub-docs, trusted-publishers and the organization’s token exchange; RFC 8693'),
  outside('POST', '/api/organizations/[^/]+/settings/tokens/revoke', 'hub-docs, tokens management'),
  outside('POST', '/api/validate-yaml', 'huggingface_hub, HfApi.create_commit'),
  outside('GET', `${PAGE}/resolve/.+`, 'huggingface_hub, hf_hub_url'),
  outside('GET', `${PAGE}/info/refs`, 'git, http-protocol'),
  outside('POST', `${PAGE}/git-(?:upload|receive)-pack`, 'git, http-protocol'),
  outside('POST', `${PAGE}/info/lfs/objects/(?:batch|verify)`, 'git-lfs, docs/api'),
  outside('POST', '/xet/.+', 'the Xet protocol specification; the real storage has another host'),
  outside('GET', '/xet/.+', 'the Xet protocol specification; the real storage has another host'),
  outside('GET', '/lfs-storage/.+', 'git-lfs, docs/api/basic-transfers; the real storage has another host'),
  outside('PUT', '/lfs-storage/.+', 'git-lfs, docs/api/basic-transfers; the real storage has another host'),
]

function outside(method: string, path: string, source: string): OutsideRoute {
  return { method, path: new RegExp(`^${path}$`), source }
}

/** Refusals, which the description leaves out of every route. Source: the statuses that huggingface_hub turns into errors. */
const REFUSALS = [400, 401, 403, 404, 409, 412, 413, 429, 500, 503]

type Schema = Record<string, unknown>
interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}
interface Content {
  content?: Record<string, { schema: Schema }>
}
interface Operation {
  parameters?: readonly Parameter[]
  requestBody?: Content
  responses?: Record<string, Content>
}
interface Described {
  method: string
  template: string
  path: RegExp
  operation: Operation
}

let described: Described[] | undefined

/** Every operation of the description. */
export function describedOperations(): readonly Described[] {
  described ??= readDescription()
  return described
}

function readDescription(): Described[] {
  const text = readFileSync(join(projectRoot, 'sandbox', 'hub', 'api', 'hub-api.json'), 'utf8')
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([template, operations]) => {
    // The path of a file has slashes in it.
    const pattern = template.replace(/\{(\w+)\}/g, (_whole, name) =>
      name === 'path' ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`,
    )
    const path = new RegExp(`^${pattern}$`)
    return Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      path,
      operation,
    }))
  })
}

function find({ method, url }: SandboxRequest): Described | undefined {
  const asked = method === 'HEAD' ? 'GET' : method
  return describedOperations().find((one) => one.method === asked && one.path.test(url.pathname))
}

function isOutside({ method, url }: SandboxRequest): boolean {
  const asked = method === 'HEAD' ? 'GET' : method
  return OUTSIDE.some((route) => route.method === asked && route.path.test(url.pathname))
}

const ajv = new Ajv2020({ allErrors: true, strict: false })
formats.default(ajv)
const compiled = new WeakMap<Schema, ValidateFunction>()

/** What is wrong with a value; empty for a good one. */
function wrong(schema: Schema, value: unknown, what: string): string[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, validate)
  return validate(value) ? [] : [ajv.errorsText(validate.errors, { dataVar: what })]
}

/** What is wrong with the body of a request to a described route; empty for a good one, or one that is not described. */
export function wrongBody(request: SandboxRequest): string[] {
  const schema = find(request)?.operation.requestBody?.content?.['application/json']?.schema
  if (!schema) return []
  try {
    return wrong(schema, JSON.parse(request.body), 'body')
  } catch {
    return ['body is not JSON']
  }
}

/** What is wrong with the parameters of a request to a described route. */
function wrongParameters({ url }: SandboxRequest, { path, operation }: Described): string[] {
  const inPath = path.exec(url.pathname)?.groups ?? {}
  const parameters = operation.parameters ?? []
  const known = parameters.filter((one) => one.in === 'query').map(({ name }) => name)
  const unknown = [...url.searchParams.keys()].filter((name) => !known.includes(name.replace(/\[\]$/, '')))
  return [
    ...unknown.map((name) => `the query has no parameter ${name}`),
    ...parameters.flatMap(({ name, in: where, required, schema }) => {
      if (where === 'header') return []
      const given = where === 'path' ? decodeURIComponent(inPath[name] ?? '') : url.searchParams.get(name)
      if (given === null) return required ? [`the query lacks ${name}`] : []
      // Only text can be compared as it is.
      return schema.type === 'string' || schema.enum ? wrong(schema, given, name) : []
    }),
  ]
}

/** What our code calls itself: what other clients send is not ours to answer for. */
const OURS = /^hf-oidc-action\b/

/** What contradicts the description and is sent all the same. */
const UNSETTLED = [
  // Nobody has observed what the Hub does: it names at most 200 characters for a token, and those of `/oauth/token` are longer.
  /^POST \/api\/credentials\/revoke: our request: body\/credentials\/\d+ must NOT have more than 200/,
  // The description names the pointer's size alone, and huggingface_hub fails without the other two.
  /^POST \/api\/\w+\/[^/]+\/[^/]+\/paths-info\/.+: the sandbox’s 200: (?:,? ?answer\/\d+\/lfs must NOT have additional properties)+$/,
]

/** Collects what contradicts the description. */
export class Contract {
  /** One line each. Whoever breaks the contract on purpose empties it. */
  readonly violations: string[] = []
  /** The same, where it is known and not settled. */
  readonly unsettled: string[] = []
  /** How much was held to the description, so that a test can see that something was. */
  readonly checked = { requests: 0, answers: 0 }

  /** Checks what our code sends. */
  checkRequest(request: SandboxRequest): void {
    if (!OURS.test(request.headers['user-agent'] ?? '')) return
    const found = find(request)
    if (!found) {
      if (!isOutside(request)) this.#add(request, 'our request is to a route that is neither described nor listed')
      return
    }
    this.checked.requests += 1
    for (const problem of [...wrongParameters(request, found), ...wrongBody(request)]) {
      this.#add(request, `our request: ${problem}`)
    }
  }

  /** Checks an answer that the sandbox gives on a route that it has. */
  checkAnswer(request: SandboxRequest, { status, body }: SandboxResponse): void {
    const found = find(request)
    if (!found) {
      if (!isOutside(request)) this.#add(request, 'the sandbox answers on a route that is neither described nor listed')
      return
    }
    this.checked.answers += 1
    const answers = found.operation.responses ?? {}
    const answer = answers[status]
    const isListed = REFUSALS.includes(status) || (Object.keys(answers).length === 0 && status >= 200 && status <= 299)
    if (!answer) {
      if (!isListed) this.#add(request, `the sandbox answers ${status}, which is not described`)
      return
    }
    const schema = answer.content?.['application/json']?.schema
    if (!schema || status === 204) return
    for (const problem of wrong(schema, asJson(body), 'answer'))
      this.#add(request, `the sandbox’s ${status}: ${problem}`)
  }

  #add({ method, url }: SandboxRequest, problem: string): void {
    const line = `${method} ${url.pathname}: ${problem}`
    const known = UNSETTLED.some((one) => one.test(line))
    ;(known ? this.unsettled : this.violations).push(line)
  }
}

/** The body as a client reads it. */
function asJson(body: unknown): unknown {
  return typeof body === 'string' ? body : JSON.parse(JSON.stringify(body ?? null))
}
