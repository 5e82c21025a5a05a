import { exitCodes } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { diagnose, type Diagnosis } from '../doctor/diagnose.ts'
import { lookAround } from '../doctor/look.ts'
import { ExitError } from '../exit-code.ts'
import { thisHost } from '../host/host.ts'
import { placesOf } from '../host/logs.ts'
import type { Shape } from '../output/format.ts'
import { withSession } from './verbs.ts'

const marks = { ok: 'ok', warning: 'warning', failed: 'FAILED', unknown: 'unknown' }

const shape: Shape<Diagnosis> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'symptom', text: (it) => it.id },
    { name: 'result', text: (it) => marks[it.result] },
    { name: 'detail', text: (it) => it.detail },
    { name: 'advice', text: (it) => it.advice ?? '' },
  ],
}

interface DoctorFlags {
  all?: boolean
  state?: string
  project?: string
}

const run = async ({ client, env, output }: Session, { all, state, project }: DoctorFlags): Promise<void> => {
  const places = placesOf(env, { stateDir: state, project })
  const findings = await diagnose(lookAround({ client, env, host: thisHost, places }))
  const found = findings.filter(({ result }) => result !== 'ok')
  const shown = all || output.format === 'json' || output.format === 'yaml' ? findings : found
  if (shown.length > 0) output.items(shown, shape)
  output.say(`${findings.length} looked for, ${found.length} to look at (docs/howto/troubleshooting.md goes by them)`)
  if (found.some(({ result }) => result === 'failed')) throw new ExitError(exitCodes.failed)
}

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('look for what commonly goes wrong on this host and with the cloudlet')
    .option('--all', 'show also what is well')
    .option('--state <folder>', 'read the logs of the cloudlet in this folder (BRAMBLE_STATE, /var/lib/bramble)')
    .option('--project <name>', 'look at the containers of this compose project (BRAMBLE_PROJECT, bramble)')
    .action(withSession(run))
}
