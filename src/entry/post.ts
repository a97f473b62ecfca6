/** Entry point of `post`: cleans up after main. Always runs, even when main failed or was cancelled. */
import { cleanUp } from '../runner/clean-up/clean-up.ts'
import { removeCopies } from '../runner/clean-up/remove-copies.ts'
import { revokeMinted } from '../runner/clean-up/revoke-minted.ts'
import { endProcess } from './end-process.ts'

cleanUp(process.env)
removeCopies(process.env)
await revokeMinted(process.env)
endProcess()
