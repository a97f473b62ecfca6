/** Audiences that are good elsewhere too. */
import { describe, expect, test } from '@jest/globals'
import { sharedAudienceWarning } from '../../src/inputs/shared-audience.ts'

describe('an audience', () => {
  test.each([
    ['pypi', 'PyPI'],
    ['testpypi', 'PyPI'],
    ['sigstore', 'Sigstore'],
    ['sts.amazonaws.com', 'AWS'],
    ['sts.cn-north-1.amazonaws.com.cn', 'AWS'],
    ['https://sts.amazonaws.com', 'AWS'],
    ['api://AzureADTokenExchange', 'Microsoft Entra ID'],
    ['//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q', 'Google Cloud'],
    ['npm:registry.example.org', 'npm'],
    ['crates.io', 'crates.io'],
    ['rubygems.org', 'RubyGems'],
    ['vault', 'HashiCorp’s products'],
    ['kubernetes', 'Kubernetes'],
    ['https://kubernetes.default.svc.cluster.local', 'Kubernetes'],
    ['jfrog-github', 'JFrog'],
    ['https://github.com/acme', 'GitHub’s own default'],
  ])('%s is also used for %s', (audience, user) => {
    const warning = sharedAudienceWarning({ audience, org: audience })
    expect(warning).toContain(`also request ID tokens with it for ${user}`)
    expect(warning).toContain('set `audience: https://huggingface.co/')
  })

  test.each([
    'acme',
    'PyPI',
    'pypi-mirror',
    'my-sigstore',
    'https://huggingface.co/pypi',
    'sts.amazonaws.com.evil',
    '',
  ])('%s is not', (audience) => expect(sharedAudienceWarning({ audience, org: 'acme' })).toBeUndefined())
})
