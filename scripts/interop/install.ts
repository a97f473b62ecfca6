/** Installs what the interop tests run against: `moto_server`, `hf` and `zizmor`, `act` and `actionlint`. */

import { need, output, type SystemTool } from '../system.ts'
import { go, goToolsMissing, installGoTools } from './go.ts'
import { installPythonTools, python, pythonToolsAreThere } from './python.ts'

const git: SystemTool = {
  name: 'git',
  works: () => output('git', ['--version']) !== undefined,
  packages: ['git', 'ca-certificates'],
}

const gitLfs: SystemTool = {
  name: 'git-lfs',
  works: () => output('git', ['lfs', 'version']) !== undefined,
  packages: ['git-lfs'],
}

/** Does nothing where the wanted versions are there already. Throws, naming the tool, where one cannot be had. */
export function installTools(): void {
  need('the interop tests', [git, gitLfs, python, go])
  if (!pythonToolsAreThere()) {
    console.log('Installing the Python packages')
    installPythonTools()
  }
  installGoTools(goToolsMissing())
}
