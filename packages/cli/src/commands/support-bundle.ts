import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openSession, type Session } from '../context/session.ts'
import { thisHost } from '../host/host.ts'
import { placesOf } from '../host/logs.ts'
import { collectBundle } from '../support/collect-bundle.ts'
import { writeBundle } from '../support/write-bundle.ts'

interface BundleFlags {
  state?: string
  project?: string
}

const run = async (session: Session, { state, project }: BundleFlags, file: string | undefined): Promise<void> => {
  const { env, output } = session
  const day = thisHost.now().toISOString().slice(0, 19).replaceAll(':', '')
  const path = resolve(file ?? `bramble-support-${day}.tar.gz`)
  const files = await collectBundle({
    session,
    host: thisHost,
    places: placesOf(env, { stateDir: state, project }),
  })
  await writeBundle(path, files, thisHost)
  output.text(path)
  output.say(
    `${files.length} files, without secrets as far as they are known by their looks: read them before you pass them on`,
  )
}

export const addSupportBundle = (program: Command): void => {
  program
    .command('support-bundle')
    .description('collect what a bug report needs into one file, without secrets')
    .option('-o, --output <file>', 'where it goes (bramble-support-TIME.tar.gz)')
    .option('--state <folder>', 'take the logs of the cloudlet in this folder (BRAMBLE_STATE, /var/lib/bramble)')
    .option('--project <name>', 'take the logs of this compose project (BRAMBLE_PROJECT, bramble)')
    .action((flags: BundleFlags, command: Command) => {
      // The program takes -o for itself, as it does everywhere; here it is a file, since nothing is shown in a format.
      const { output } = command.optsWithGlobals<{ output?: string }>()
      return run(openSession(command, { output: 'name' }), flags, output)
    })
}
