if (process.permission?.has('fs.read', import.meta.dirname.replace(/[^\\/]+$/, 'shared')) === false) {
  process.exitCode = 1
  console.log("::error title=delivery-failed::[delivery-failed] Node does not let the action read its own files, so nothing was sent to GitHub, AWS or the Hub.%0ASeen: `--permission` without the right to read the folder of the action%0ALikely cause: Node runs with `--permission`, which denies files and child processes to every program. It is probably in `NODE_OPTIONS` of the runner, of the image or of the job. This is not a bug of the action.%0AWhat to do: Remove `--permission` from `NODE_OPTIONS` for this step (`env:`, `NODE_OPTIONS: \"\"`). Wherever else it is set, allow the action to read its own files, and to read and write `RUNNER_TEMP` and the files at `GITHUB_ENV`, `GITHUB_OUTPUT`, `GITHUB_STATE` and `GITHUB_STEP_SUMMARY`.%0AWho can do it: Anyone who can change this workflow, the image or the runner’s environment, wherever `NODE_OPTIONS` is set.")
} else {
  const { PROGRAMS } = await import('../shared/index.js')
  await PROGRAMS.main()
}
