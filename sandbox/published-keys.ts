/** The keys of a real issuer: the one thing that the sandbox ever fetches, and only when it is told to trust that issuer. */
import type { JSONWebKeySet } from 'jose'

/** For how long an answer is used, in milliseconds: ten minutes. */
const FRESH_MS = 600_000
const LIMIT_MS = 10_000

/**
 * Fetches `<issuer>/.well-known/jwks`, which every issuer of GitHub's has, as AWS and the Hub would.
 *
 * @throws for an issuer without TLS that is not on loopback. What it returns rejects when the keys cannot be fetched.
 */
export function publishedKeys(issuer: string): () => Promise<JSONWebKeySet> {
  const { protocol, hostname } = new URL(issuer)
  if (protocol !== 'https:' && hostname !== '127.0.0.1') throw new Error(`${issuer} is not an https: URL`)
  let fetched: { at: number; keys: Promise<JSONWebKeySet> } | undefined
  return () => {
    if (fetched && performance.now() - fetched.at < FRESH_MS) return fetched.keys
    const keys = fetchKeys(`${issuer}/.well-known/jwks`)
    fetched = { at: performance.now(), keys }
    // The next call asks again.
    keys.catch(() => {
      fetched = undefined
    })
    return keys
  }
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(LIMIT_MS) })
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status} from ${url}`)
  return (await answer.json()) as JSONWebKeySet
}
