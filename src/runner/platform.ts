/** Edge: what this process says about the machine that it runs on. */
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { detectPlatform, type Platform } from '../platform/platform.ts'

/** The machine and the forge, by this environment and this process. Never throws. */
export function readPlatform(env: NodeJS.ProcessEnv): Platform {
  return detectPlatform(env, {
    os: process.platform,
    arch: process.arch,
    node: process.versions.node,
    uid: process.geteuid?.(),
    userName: () => attempt(() => userInfo().username),
    canRead: (path) => attempt(() => accessSync(path, constants.R_OK) === undefined) ?? false,
    read: (path) => attempt(() => beginningOf(path)),
    permissionModel: process.permission !== undefined,
    mayWrite: (path) => process.permission?.has('fs.write', resolve(path)) ?? true,
  })
}

/** Undefined if it fails, for whatever reason: a user without a name, a file that is not there or not for this user. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** Files under `/proc` have no length. */
function beginningOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(4096)
    return buffer.subarray(0, readSync(file, buffer)).toString('utf8')
  } finally {
    closeSync(file)
  }
}
