import type { FlagWords } from '@bramble/kit'

export const flagWords: FlagWords = {
  usage: `usage: node services/cluster-master/src/main.ts [flags]

  --config FILE      settings (config/cluster-master.example.yaml explains them)
  --port N           port of the API; 0 for a free one (http.port)
  --data DIR         where the master keeps its files (dataDir)
  --description FILE the testbed's description, which it follows (descriptionFile)
  --version          or the word version: print the version and end
  --help
`,
  settings: { port: 'http.port', data: 'dataDir', description: 'descriptionFile' },
}
