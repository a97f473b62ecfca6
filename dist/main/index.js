import { PROGRAMS } from '../shared/index.js'

await PROGRAMS.main()
