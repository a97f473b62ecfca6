/** Whose hosts were contacted. */
import { describe, expect, test } from '@jest/globals'
import { foreignHosts } from '../../src/audit/foreign-hosts.ts'

const foreign = (host: string, serverUrl = 'https://github.com') => foreignHosts({ hosts: [host] }, serverUrl)

describe('a host is a service’s own', () => {
  test.each([
    ['token.actions.githubusercontent.com'],
    ['run-actions-1-azure-eastus.actions.githubusercontent.com'],
    ['huggingface.co'],
    ['sts.eu-west-1.amazonaws.com'],
    ['sts-fips.us-east-1.amazonaws.com'],
    ['sts.us-east-1.api.aws'],
    ['secretsmanager.cn-north-1.amazonaws.com.cn'],
    ['secretsmanager-fips.us-gov-west-1.amazonaws.com'],
    ['ecs.eusc-de-east-1.amazonaws.eu'],
    ['sts.us-iso-east-1.c2s.ic.gov'],
    ['169.254.170.2'],
    ['[fd00:ec2::23]'],
    ['169.254.169.254'],
    ['token.actions.acme.ghe.com', 'https://acme.ghe.com'],
    ['pipelines.acme.ghe.com', 'https://acme.ghe.com'],
    ['ghes.example.com', 'https://ghes.example.com'],
    ['ghes.example.com:8443', 'https://ghes.example.com:8443/'],
  ])('%s', (...[host, serverUrl]: [string, string?]) => expect(foreign(host, serverUrl)).toEqual([]))
})

describe('a host is not a service’s own', () => {
  test.each([
    ['127.0.0.1:4566'],
    ['hub.example.com'],
    ['169.254.1.1'],
    ['169.254.169.254.evil.test'],
    ['huggingface.co.evil.test'],
    ['huggingface.co:8443'],
    ['evil.huggingface.co'],
    ['actions.githubusercontent.com.evil.test'],
    ['evilactions.githubusercontent.com'],
    ['vpce-0a1b2c-x.sts.eu-west-1.vpce.amazonaws.com'],
    ['abcdef.execute-api.eu-west-1.amazonaws.com'],
    ['sts.evil.s3.amazonaws.com'],
    ['sts.s3.eu-west-1.amazonaws.com'],
    ['sts.s3.amazonaws.com'],
    ['sts.s3-us-west-2.amazonaws.com'],
    ['sts.eu-west-1.amazonaws.com.evil.test'],
    ['sts.eu-west-1.amazonaws.com:8443'],
    ['sts.cn-north-1.amazonaws.com'],
    ['s3.eu-west-1.amazonaws.com'],
    ['ghes.example.com:8443', 'https://ghes.example.com'],
    ['token.actions.acme.ghe.com', 'https://other.ghe.com'],
    ['x.ghes.example.com', 'https://ghes.example.com'],
    ['github.example', 'nonsense'],
  ])('%s', (...[host, serverUrl]: [string, string?]) => expect(foreign(host, serverUrl)).toEqual([host]))
})
