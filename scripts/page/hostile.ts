/** Summaries in which every text from outside wants to be more than text. */
import { ActionError } from '../../src/errors/action-error.ts'
import { CONTRIBUTE } from '../../src/hub/scopes.ts'
import type { VerifiedToken } from '../../src/hub/verdict/verify.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { noOutcome, type Outcome } from '../../src/rotation/outcome.ts'
import { rotationSummary } from '../../src/rotation/report/summary.ts'
import type { RotationRequest } from '../../src/rotation/request.ts'
import { block, code, list, prose, type Wording } from '../../src/text/message.ts'
import { Steps } from '../../src/text/steps.ts'
import type { Progress } from '../../src/token/progress.ts'
import type { Request } from '../../src/token/request.ts'
import { failureSummary, successSummary } from '../../src/token/summary.ts'

const TEXTS = {
  HTML: '<img src="https://evil.example/x.png" onerror="alert(1)"><h1>big</h1><a href="https://evil.example">click</a></pre></details>',
  Markdown:
    '# title **bold** _it_ ~~no~~ `code` [link](https://evil.example) ![image](https://evil.example/x.png) | a | b |',
  mentions: '@octocat and (@octo-org/team), #1, octo-org/octo-repo#2, someone@evil.example',
  URLs: 'https://evil.example/a?b=c http://evil.example www.evil.example <https://evil.example> javascript:alert(1)',
  'a word of 300 characters': 'x'.repeat(300),
  'a word of 300 wide characters': '漢'.repeat(300),
  'long names': `${'segment/'.repeat(40)}end ${'under_score'.repeat(30)}`,
  'blank lines': 'one\n\n\n# title\n\n    code\n\n- item\n\r\n\r\n<b>bold</b>',
  entities: '&lt;b&gt; &#60;b&#62; &amp;#60; &copy;',
} as const

export interface HostileSummary {
  title: string
  markdown: string
  /** Must be readable on the page. */
  text: string
}

/** One summary of each kind for each hostile text. */
export function hostileSummaries(): HostileSummary[] {
  return Object.entries(TEXTS).flatMap(([title, text]) => [
    { title: `a failure with ${title}`, text, markdown: failure(text) },
    { title: `a success with ${title}`, text, markdown: success(text) },
    { title: `a rotation with ${title}`, text, markdown: rotation(text) },
  ])
}

/** Fields that a summary does not read are left out: what it reads is made of the text. */
const made = <T>(value: object): T => value as T

const request = (text: string): Request =>
  made({
    org: text,
    scope: text,
    source: { kind: text },
    aws: { role: { arn: text }, secret: { id: text, region: text } },
  })

const identity = (text: string): Identity =>
  made({ subject: text, claims: { sub: text, ref: text, workflow_ref: `of ${text}`, actor: [text, text] } })

function error(text: string): ActionError {
  const wording: Wording = [
    text,
    prose`A sentence with ${text} and ${code(text)}.`,
    list([text, prose`${code(text)}`]),
    block(`line\n${text}\n\nline`),
  ]
  return new ActionError('claim-rejected', {
    failed: text,
    seen: wording,
    expected: wording,
    cause: wording,
    fix: wording,
    forward: wording,
  })
}

function failure(text: string): string {
  const progress: Progress = {
    request: request(text),
    identity: identity(text),
    origin: { label: text, aws: undefined },
  }
  return failureSummary(error(text), progress, 'https://github.com/octo-org/action/blob/v1/docs/errors.md')
}

function success(text: string): string {
  const token: VerifiedToken = made({
    // With the sentence about the next job's token.
    evidence: { kind: 'minted', asked: [], granted: [CONTRIBUTE], beyond: [], repositories: [] },
    identity: text,
    kind: text,
    rights: [text, text],
    confirmedBy: text,
    expiresAt: undefined,
    origin: { label: text, aws: { assumedRoleArn: text, holdsToken: true } },
  })
  return successSummary({
    job: made({}),
    request: request(text),
    identity: identity(text),
    origin: token.origin,
    evidence: token.evidence,
    tokenSha256: 'a'.repeat(64),
    token,
    steps: new Steps(),
    swept: [],
  })
}

function rotation(text: string): string {
  const now = Date.UTC(2026, 10, 26)
  const outcome = (more: Partial<Outcome>): Outcome => ({
    ...noOutcome(text, text),
    note: text,
    versionId: text,
    createdAt: now - 86_400_000,
    dueAt: now,
    previousEndsAt: now,
    revoked: 3,
    ...more,
  })
  const secrets = [outcome({ action: 'rotated' }), outcome({ errors: [error(text)] })]
  const services = [{ service: text, action: 'deployed' as const, deploymentId: text, error: undefined }]
  return rotationSummary(
    made<RotationRequest>({ org: text, dryRun: true, mode: { kind: 'promote', warnAgeSeconds: 1 }, secrets: [] }),
    made({ caller: text, secrets, services }),
    now,
    undefined,
  )
}
