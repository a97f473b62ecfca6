/** What the Hub's answer to a mint request shows of the token. */
import { describe, expect, test } from '@jest/globals'
import type { GrantedRights } from '../../src/hub/mint-rights.ts'
import { type MintRequested, mintedEvidence } from '../../src/hub/minted-evidence.ts'
import { parseRepository } from '../../src/hub/repository.ts'

const MODEL = parseRepository('acme/model')
if (!MODEL) throw new Error('no repository')
const ID = '0123456789abcdef01234567'

const WIDE: MintRequested = {
  asked: ['repo.content.read', 'repo.write'],
  rights: { permissions: ['repo.content.read', 'repo.write'], repoIds: [], repoPermissions: [] },
  org: 'acme',
  repositories: [],
}
const NARROW: MintRequested = {
  asked: ['repo.write', 'job.write'],
  rights: { permissions: ['job.write'], repoIds: [ID], repoPermissions: ['repo.write'] },
  org: 'acme',
  repositories: [MODEL],
}
const granted = (rest: Partial<GrantedRights>): GrantedRights => ({
  permissions: undefined,
  repoIds: undefined,
  repoPermissions: undefined,
  endpointPatterns: undefined,
  ...rest,
})

test('an answer that does not say what was granted shows nothing', () => {
  expect(mintedEvidence(WIDE, granted({ repoPermissions: ['repo.write'] }))).toMatchObject({
    granted: undefined,
    beyond: [],
  })
})

test('a token for the whole organization has what the answer lists', () => {
  expect(mintedEvidence(WIDE, granted({ permissions: ['repo.write'] }))).toEqual({
    kind: 'minted',
    asked: WIDE.asked,
    granted: ['repo.write'],
    beyond: [],
    repositories: [],
  })
})

describe('a token for one repository', () => {
  const exact = { permissions: ['job.write'], repoIds: [ID], repoPermissions: ['repo.write'] }

  test('knows it by its ID', () => {
    expect(mintedEvidence(NARROW, granted(exact))).toMatchObject({
      granted: ['job.write', 'repo.write'],
      beyond: [],
      repositories: [{ label: 'acme/model', id: ID }],
    })
  })

  test('is not for the whole organization', () => {
    const wide = mintedEvidence(NARROW, granted({ ...exact, permissions: ['job.write', 'repo.write'] }))
    expect(wide.beyond).toEqual(['repo.write on the whole organization (requested for the repositories alone)'])
  })

  test('is not for another one', () => {
    const other = mintedEvidence(NARROW, granted({ ...exact, repoIds: [ID, 'f'.repeat(24)] }))
    expect(other.beyond).toEqual([`repo.write on the repository with the ID ${'f'.repeat(24)} (not requested)`])
  })
})
