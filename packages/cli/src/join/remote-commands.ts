// What runs on a host that joins, as text for its shell. Nothing secret is in it: other users of the host see it.

export interface RemotePlan {
  /** Where the checkout is there, or will be: `~/bramble`. */
  folder: string
  driver: string
  service: boolean
}

export const whatIsThere = ['checkout', 'something', 'nothing'] as const
export type WhatIsThere = (typeof whatIsThere)[number]

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Whatever shell the user has there, it starts a plain one. */
const inShell = (script: string): string => `exec sh -c ${quote(script)}`

/** ssh begins in the home folder. */
const pathOf = (folder: string): string => quote(folder.startsWith('/') ? folder : `./${folder.replace(/^~\//, '')}`)

/** Prints one of `whatIsThere`. */
export const lookCommand = ({ folder }: RemotePlan): string => {
  const path = pathOf(folder)
  const [checkout, something, nothing] = whatIsThere
  const isEmpty = `[ -z "$(ls -A ${path} 2>/dev/null)" ]`
  return inShell(
    `if [ -x ${path}/scripts/join ]; then echo ${checkout}; elif ${isEmpty}; then echo ${nothing}; else echo ${something}; fi`,
  )
}

/** Takes a tar.gz from stdin. It is complete or not there: what a lost connection leaves is swept by the next. */
export const unpackCommand = ({ folder }: RemotePlan): string => {
  const [path, work] = [pathOf(folder), pathOf(`${folder}.arriving`)]
  return inShell(`rm -rf ${work} && mkdir -p ${work} && tar -xz -C ${work} && mv -T ${work} ${path}`)
}

const scriptCommand = ({ folder, driver, service }: RemotePlan, words: string[]): string => {
  const all = [...words, '--driver', driver, ...(service ? ['--service'] : [])].map(quote)
  return inShell(`cd ${pathOf(folder)} && exec scripts/join ${all.join(' ')}`)
}

export const prepareCommand = (plan: RemotePlan): string => scriptCommand(plan, ['--prepare'])

/** Takes the token from stdin, and prints the node's name. */
export const joinCommand = (plan: RemotePlan, masterUrl: string, node?: string): string =>
  scriptCommand(plan, [masterUrl, '-', ...(node === undefined ? [] : ['--node', node])])
