import { afterEach, describe, expect, test } from '@jest/globals'
import { closeAll, deadline } from './network-for-tests.ts'

afterEach(closeAll)

describe('a deadline', () => {
  test('has at most its limit left, and nothing once it has been stopped', () => {
    const running = deadline(60_000)
    expect(running.remainingMs()).toBeGreaterThan(59_000)
    expect(running.remainingMs()).toBeLessThanOrEqual(60_000)
    running.stop()
    expect([running.remainingMs(), running.signal.aborted]).toEqual([0, true])
  })

  test('is passed after its limit', async () => {
    const short = deadline(20)
    await expect(short.sleep(10_000, 'the Hub')).rejects.toMatchObject({ code: 'deadline-exceeded' })
    expect([short.remainingMs(), short.signal.aborted]).toEqual([0, true])
  })

  test('lets a wait end in time', async () => expect(await deadline().sleep(1, 'the Hub')).toBeUndefined())

  test('lets no wait start once it has passed', async () => {
    const passed = deadline()
    passed.stop()
    await expect(passed.sleep(1, 'the Hub')).rejects.toMatchObject({ code: 'deadline-exceeded' })
  })

  test('says what was being waited for, and how to get more time', () => {
    const { message } = deadline(60_000).error('STS in eu-west-1')
    expect(message).toMatch(/^\[deadline-exceeded\] Timed out after 1m while waiting for STS in eu-west-1\.$/m)
    expect(message).toContain('`timeout: 2m`')
  })
})
