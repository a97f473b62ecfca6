/** What the documents quote: messages of end-to-end runs, compared with the ones that are recorded in `docs/messages/`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from '@jest/globals'
import type { Sandbox } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'

const seen = new Set<string>()

/**
 * Expects that a message is the recorded one; with `UPDATE_MESSAGES` set, records it. `name`: the error code (or another
 * kind of text) and the scenario, `claim-rejected/branch`, unique among all of them. The documents quote it by this name.
 */
export function recordMessage(name: string, message: string | undefined, sandbox: Sandbox): void {
  if (!/^[a-z0-9-]+\/[a-z0-9-]+$/.test(name)) throw new Error(`"${name}" is no name for a message`)
  if (seen.has(name)) throw new Error(`there are two messages "${name}"`)
  seen.add(name)
  if (message === undefined) throw new Error(`there is no message "${name}"`)
  const path = join(projectRoot, 'docs', 'messages', `${name}.txt`)
  const text = `${stable(message, sandbox)}\n`
  if (process.env.UPDATE_MESSAGES) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return
  }
  // When this fails because a message was changed on purpose: npm run docs:messages
  expect({ message: name, text }).toEqual({ message: name, text: readRecorded(path) })
}

function readRecorded(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '(not recorded: npm run docs:messages)'
  }
}

/** What is another one in each run, and what stands for it. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  // In the columns of a table: as long as it was.
  [/\d{4}-\d\d-\d\d \d\d:\d\dZ/g, '2026-11-30 04:17Z'],
  // In names and labels.
  [/\b20\d{6}T\d{6}(?:\.\d{3})?Z\b/g, '<time>'],
  // Days and hours are what a test lets pass; the seconds are its own.
  [/\b(\d+[dh]) \d+s\b/g, '$1'],
  // How far a clock is off, as whole seconds show it, and how far that is from the times of an ID token.
  [/\bclock is \d+ s (slow|fast)/g, 'clock is 660 s $1'],
  [/\bthe token expired (?:\d+[dhms] ?)+ ?ago/g, 'the token expired 5m 30s ago'],
  [/\bthe token is not valid for another (?:\d+[dhms]\b ?)+/g, 'the token is not valid for another 5m 30s'],
  [/\bafter one attempt in \d+ s/g, 'after one attempt'],
  [/\b(after \d+ attempts) in (?:less than 1 s|\d+ s)/g, '$1 in 2 s'],
  [/("ageSeconds": ?)\d+/g, '$15'],
  [/("(?:ms|durationMs)":)\d+/g, '$1120'],
  [/("tokenSha256":")[\da-f]{64}/g, '$1<SHA-256 of the token>'],
  [/\brequest (?:Root=1-[\da-f-]+|[\da-f]{8}-[\da-f-]{27})/g, 'request …'],
  [/(?<!\bkey\/)\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, '<version id>'],
  [/\b[\da-f]{64}\b/g, '<key id>'],
  // The name of a token that a rotation has minted: the secret with its six characters, a hash, a version, a random part.
  [/(hf-oidc-rotate [\w/+=.@-]+)-[A-Za-z0-9]{6} [\w-]{11} (<version id>) [\w-]{6}/g, '$1-a1B2c3 <hash> $2 <random>'],
  // The six characters that AWS adds to a secret's name.
  [/(:secret:[\w/+=.@-]+)-[A-Za-z0-9]{6}(?![\w?-])/g, '$1-a1B2c3'],
  // The machine that the tests run on.
  [/\b\d+ [MG]B are free/g, '12 GB are free'],
  [/\bowner \d+ and mode/g, 'owner 1001 and mode'],
  [/\bruns as user \d+ \([\w.-]+\)/g, 'runs as user 1001 (runner)'],
  // The Hub's address and the sandbox's, now the same.
  [/("[^"]+")(?:(?: or |, )\1)+/g, '$1'],
  // Where in Node: each version has another place.
  [/\bnode:internal\/[\w/]+:\d+:\d+/g, 'node:internal/modules/esm/resolve:1:1'],
  // Where in a bundle: each build has another place.
  [/\b(?:\d+\.)?index\.js:\d+:\d+/g, 'index.js:1:1'],
]

/** The message as it is in every run: the real services' names for the sandbox's, and a fixed word for what changes. */
export function stable(message: string, { github, aws, hub }: Sandbox): string {
  const host = (url: string) => new URL(url).host
  const named: [string, string][] = [
    [hub.url, 'https://huggingface.co'],
    [host(hub.url), 'huggingface.co'],
    [github.issuer, 'https://token.actions.githubusercontent.com'],
    [github.issuer.replace('http://', ''), 'token.actions.githubusercontent.com'],
    [github.serverUrl, 'https://github.com'],
    [host(github.serverUrl), 'github.com'],
    [aws.url, 'https://<service>.eu-west-1.amazonaws.com'],
    [host(aws.url), '<service>.eu-west-1.amazonaws.com'],
  ]
  const onAnyMachine = message
    .replaceAll(projectRoot, '/home/runner/work/_actions/hf-oidc-action')
    .replace(/\/\S*\/runner-[A-Za-z0-9]{6}\//g, '/home/runner/')
  const real = named.reduce((text, [from, to]) => text.replaceAll(from, to), onAnyMachine)
  const text = CHANGING.reduce((rest, [from, to]) => rest.replaceAll(from, to), real)
  const port = /\S*(?:127\.0\.0\.1|localhost):\d{3,}\S*/.exec(text)?.[0]
  if (port) throw new Error(`"${port}" is another one in each run: \`stable\` must replace it`)
  return text
}
