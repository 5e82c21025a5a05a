import type { FlagWords } from '@bramble/kit'

export const flagWords: FlagWords = {
  usage: `usage: node services/discovery/src/main.ts [flags]

  --config FILE      settings (config/discovery.example.yaml explains them)
  --site NAME        which of the master's discovery.sites this is (site)
  --name NAME        what the cloudlet would like to be called; the host's name when left out (name)
  --access FILE      what the master left for this site (accessFile)
  --version          or the word version: print the version and end
  --help
`,
  settings: { site: 'site', name: 'name', access: 'accessFile' },
}
