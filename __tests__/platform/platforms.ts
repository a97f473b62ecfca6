/** Platforms for tests: a Linux machine in no container, unless the test says otherwise. */
import { detectPlatform, type Platform, type ProcessFacts } from '../../src/platform/platform.ts'

export const LINUX: ProcessFacts = {
  os: 'linux',
  arch: 'x64',
  node: '24.10.0',
  uid: 1001,
  userName: () => 'runner',
  canRead: () => false,
  read: () => undefined,
  permissionModel: false,
  mayWrite: () => true,
}

/** What a step with these variables finds out about a machine with these facts. */
export function platformOf(env: Record<string, string> = {}, facts: Partial<ProcessFacts> = {}): Platform {
  return detectPlatform(env, { ...LINUX, ...facts })
}
