import type { FlagWords } from '@bramble/kit'

export const flagWords: FlagWords = {
  usage: `usage: node services/node-agent/src/main.ts [flags]

  --config FILE      settings (config/node-agent.example.yaml explains them)
  --state DIR        where everything is kept (stateDir)
  --master URL       where the master is reached, or several joined by commas (master.url)
  --node NAME        name that the node would like; the host's when left out (node)
  --driver NAME      libvirt, simulated, or none (driver)
  --nodes N          so many simulated nodes (simulated.nodes)
  --version          or the word version: print the version and end
  --help

The join token is no flag, as flags are seen by all users of a host: BRAMBLE__JOIN__TOKEN or BRAMBLE__JOIN__TOKEN_FILE.
`,
  settings: { state: 'stateDir', master: 'master.url', node: 'node', driver: 'driver', nodes: 'simulated.nodes' },
}
