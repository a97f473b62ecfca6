import { describe, expect, test } from '@jest/globals'
import type { Origin } from '../../src/hub/token.ts'
import { ecsSecret } from '../../src/token/ecs-secret.ts'
import type { Request } from '../../src/token/request.ts'

describe('the line for ECS', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf'
  const line = (secretKey: string | undefined, stage: string, exportEnv = ['HF_TOKEN']) =>
    ecsSecret(
      { aws: { secretArn: arn, secretKey, secretStage: stage, holdsToken: true } } as unknown as Origin,
      { exportEnv } as unknown as Request,
    )

  test.each([
    ['token', 'AWSCURRENT', `HF_TOKEN=${arn}:token::`],
    [undefined, 'AWSCURRENT', `HF_TOKEN=${arn}`],
    ['token', 'BLUE', `HF_TOKEN=${arn}:token:BLUE:`],
    [undefined, 'BLUE', `HF_TOKEN=${arn}::BLUE:`],
  ])('key %s, stage %s', (key, stage, expected) => expect(line(key, stage)).toBe(expected))

  test('there is none for a minted token', () => {
    const request = { exportEnv: ['HF_TOKEN'] } as unknown as Request
    expect(ecsSecret({ aws: undefined } as unknown as Origin, request)).toBe('')
    expect(ecsSecret({ aws: { secretArn: arn, holdsToken: false } } as unknown as Origin, request)).toBe('')
  })

  test('names the version that was pinned', () => {
    const aws = { secretArn: arn, secretKey: 'token', secretStage: '', secretVersionId: 'v1', holdsToken: true }
    const request = { exportEnv: ['HF_TOKEN'] } as unknown as Request
    expect(ecsSecret({ aws } as unknown as Origin, request)).toBe(`HF_TOKEN=${arn}:token::v1`)
    expect(ecsSecret({ aws: { ...aws, secretKey: undefined } } as unknown as Origin, request)).toBe(
      `HF_TOKEN=${arn}:::v1`,
    )
  })

  test('there is none for a key that ECS cannot find', () => {
    const aws = { secretArn: arn, secretKey: 'a.b', isNested: true, secretStage: 'AWSCURRENT', holdsToken: true }
    expect(ecsSecret({ aws } as unknown as Origin, { exportEnv: ['HF_TOKEN'] } as unknown as Request)).toBe('')
  })

  test('has the name that the job uses', () => {
    expect(line('token', 'AWSCURRENT', ['HUB', 'X'])).toMatch(/^HUB=/)
    expect(line('token', 'AWSCURRENT', [])).toMatch(/^HF_TOKEN=/)
  })
})
