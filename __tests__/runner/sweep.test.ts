/** What main removes of earlier runs, and what it never touches. */
import { randomUUID } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { sweepFolders } from '../../src/runner/clean-up/sweep.ts'
import { Step } from './step.ts'

const onPosix = process.platform === 'win32' ? describe.skip : describe
const asRoot = process.geteuid?.() === 0 ? test : test.skip
const DAY_MS = 86_400_000

let step: Step
beforeEach(() => {
  step = new Step()
})
afterEach(() => step.end())

/** A folder in RUNNER_TEMP with a file in it, last changed so many days ago. */
function folder(days: number, name = `hf-oidc-${randomUUID()}`): string {
  const path = join(step.temp, name)
  mkdirSync(path)
  writeFileSync(join(path, 'token'), 'secret')
  return aged(path, days)
}

function aged(path: string, days: number): string {
  const then = new Date(Date.now() - days * DAY_MS)
  utimesSync(path, then, then)
  return path
}

onPosix('main', () => {
  test('removes what no job can use any more, and says so', () => {
    const old = [folder(5.01), folder(400)]
    const swept = sweepFolders(step.temp)
    expect([swept.left, [...swept.removed].sort()]).toEqual([[], [...old].sort()])
    expect(old.map((path) => existsSync(path))).toEqual([false, false])
    expect(step.lines).toEqual([
      expect.stringMatching(/^Removed what an earlier run of this action left behind: \S+ and/),
    ])
  })

  test('says nothing when there is nothing, and nothing can be looked at', () => {
    for (const temp of [step.temp, join(step.temp, 'none'), join(step.temp, 'x'.repeat(300)), '']) sweepFolders(temp)
    expect(step.lines).toEqual([])
  })

  test.each<[string, () => string]>([
    ['a folder of a job that may be running', () => folder(4.99)],
    ['a folder from the future', () => folder(-10)],
    ['a folder with another name', () => folder(400, 'precious')],
    ['a folder with a name like ours', () => folder(400, 'hf-oidc-cache')],
    ['a folder with more than our name', () => folder(400, `hf-oidc-${randomUUID()}-old`)],
    [
      'a file',
      () => {
        const path = join(step.temp, `hf-oidc-${randomUUID()}`)
        writeFileSync(path, 'x')
        return aged(path, 400)
      },
    ],
  ])('leaves %s alone', (_what, make) => {
    const path = make()
    sweepFolders(step.temp)
    expect([existsSync(path), step.lines]).toEqual([true, []])
  })

  test('follows no link', () => {
    const precious = folder(400, 'precious')
    const link = join(step.temp, `hf-oidc-${randomUUID()}`)
    symlinkSync(precious, link)
    sweepFolders(step.temp)
    expect([existsSync(link), existsSync(join(precious, 'token'))]).toEqual([true, true])
  })

  test('leaves a different user’s folder alone', () => {
    const path = folder(400)
    sweepFolders(step.temp, { userId: 12_345 })
    expect(existsSync(path)).toBe(true)
  })

  asRoot('leaves a different user’s folder alone, even as root', () => {
    const path = folder(400)
    chownSync(path, 12_345, 12_345)
    sweepFolders(step.temp)
    expect([existsSync(path), step.lines]).toEqual([true, []])
  })

  test('does its work although one folder was made unwritable', () => {
    const path = folder(400)
    chmodSync(path, 0o500)
    sweepFolders(step.temp)
    expect(existsSync(path)).toBe(false)
  })
})
