/** Entry point of `post`: undoes what main did. Runs always, also when main failed or was cancelled. */
import { revokeMinted } from '../runner/clean-up/revoke-minted.ts'
import { undo } from '../runner/clean-up/undo.ts'
import { endProcess } from './end-process.ts'

undo(process.env)
await revokeMinted(process.env)
endProcess()
