import type { FlagWords } from '@bramble/kit'

export const flagWords: FlagWords = {
  usage: `usage: node services/embedded/src/main.ts [flags]

  --config FILE      settings (config/embedded.example.yaml explains them)
  --state DIR        where everything is kept (stateDir)
  --port N           port of the API; 0 for a free one (http.port)
  --description FILE the testbed's description, which it follows (descriptionFile)
  --driver NAME      libvirt, simulated, or none (node.driver)
  --nodes N          so many simulated nodes beside this host (simulated.nodes)
  --version          or the word version: print the version and end
  --help
`,
  settings: {
    state: 'stateDir',
    port: 'http.port',
    description: 'descriptionFile',
    driver: 'node.driver',
    nodes: 'simulated.nodes',
  },
}
