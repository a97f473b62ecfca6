/** Which of the contacted hosts are the services' own. */
import { expect, test } from '@jest/globals'
import { auditedHosts } from '../../src/audit/custom-hosts.ts'

const isCustom = (host: string) => auditedHosts({ hosts: [host] }).custom.length === 1

test.each([
  'huggingface.co',
  'token.actions.githubusercontent.com',
  'run-actions-3.actions.githubusercontent.com',
  'token.actions.acme.ghe.com',
  'sts.eu-west-1.amazonaws.com',
  'sts-fips.us-east-1.amazonaws.com',
  'secretsmanager.eu-west-1.api.aws',
  'secretsmanager.cn-north-1.amazonaws.com.cn',
  'ecs.eusc-de-east-1.amazonaws.eu',
])('%s is a service’s own', (host) => expect(isCustom(host)).toBe(false))

test.each([
  'hub.corp.example',
  'huggingface.co.evil.test',
  'huggingface.co:8443',
  'actions.githubusercontent.com.evil.test',
  'evilactions.githubusercontent.com.test',
  'notactions.ghe.com',
  'vpce-0a1b.secretsmanager.eu-west-1.vpce.amazonaws.com',
  's3.eu-west-1.amazonaws.com',
  'sts.eu-west-1.amazonaws.com.evil.test',
  'sts.eu-west-1.amazonaws.com.cn',
  'ghes.corp.example',
  '127.0.0.1:8080',
])('%s is not', (host) => expect(isCustom(host)).toBe(true))

test('all hosts and the proxy are told', () => {
  expect(auditedHosts({ hosts: ['huggingface.co', 'x.test'], proxy: 'proxy:3128' })).toEqual({
    contacted: ['huggingface.co', 'x.test'],
    custom: ['x.test'],
    proxy: 'proxy:3128',
  })
})
