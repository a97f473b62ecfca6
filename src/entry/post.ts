/** Entry point of `post`: cleans up after main. Always runs, even when main failed or was cancelled. */
import { cleanUp } from '../runner/clean-up/clean-up.ts'
import { removeCopies } from '../runner/clean-up/remove-copies.ts'
import { revokeMinted } from '../runner/clean-up/revoke-minted.ts'
import { Remover } from '../runner/remove.ts'
import { endProcess } from './end-process.ts'

const remover = new Remover()
cleanUp(process.env, remover)
removeCopies(process.env, remover)
await revokeMinted(process.env)
endProcess()
