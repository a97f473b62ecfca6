/**
 * Preloaded into a job: writes to file descriptor 3, when the process ends, how often it called whoami-v2 and how long it
 * waited for it, in milliseconds: from the first call to the last answer, or to the end if that never came. The pauses
 * between calls count.
 */
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'

const open = new Set()
let calls = 0
let startedAt = 0
let answeredAt = 0

const ended = ({ request }) => {
  if (open.delete(request)) answeredAt = performance.now()
}
subscribe('http.client.request.start', ({ request }) => {
  if (!request.path.startsWith('/api/whoami-v2')) return
  if (calls === 0) startedAt = performance.now()
  calls += 1
  open.add(request)
})
subscribe('http.client.response.finish', ended)
subscribe('http.client.request.error', ended)

process.on('exit', () => {
  const waitMs = calls === 0 ? 0 : (open.size > 0 ? performance.now() : answeredAt) - startedAt
  writeSync(3, JSON.stringify({ calls, waitMs }))
})
