import type { CreatedInvitation } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'
import { bodyOf, collect, warnOfLoopback } from './invite-body.ts'
import type { InviteFlags } from './invite-body.ts'
import { addSshFlags, inviteOverSsh, refuseWithoutSsh } from './invite-over-ssh.ts'
import type { SshFlags } from './invite-over-ssh.ts'
import { withSession } from './verbs.ts'

/** What a host runs to join: with Docker, or from a checkout. */
interface Commands {
  script: string
  docker: string
}

type Invited = CreatedInvitation & { masterUrl: string; commands: Commands }

const inviteShape: Shape<Invited> = {
  nameOf: (it) => it.token,
  columns: [
    { name: 'token', text: (it) => it.token },
    { name: 'expires', text: (it) => it.invitation.expiresAt },
    { name: 'script', text: (it) => it.commands.script },
    { name: 'docker', text: (it) => it.commands.docker },
  ],
}

/** Both run in a checkout of this repository on the new host. */
export const joinCommands = (masterUrl: string, token: string): Commands => ({
  script: `scripts/join ${masterUrl} ${token}`,
  docker: [
    `BRAMBLE__MASTER__URL=${masterUrl}`,
    `BRAMBLE__JOIN__TOKEN=${token}`,
    'docker compose -f compose.worker.yaml up -d --wait',
  ].join(' '),
})

const invite = async (session: Session, node: string | undefined, flags: InviteFlags): Promise<void> => {
  const { client, output } = session
  const created = await client.invitations.create({ body: bodyOf(node, flags) })
  const masterUrl = created.masterUrl ?? client.url.replace(/\/+$/, '')
  const commands = joinCommands(masterUrl, created.token)
  warnOfLoopback(session, masterUrl)
  if (output.format !== 'table') return output.item({ ...created, masterUrl, commands }, inviteShape)
  output.say(explain(created))
  output.text(flags.docker ? commands.docker : commands.script)
}

const explain = ({ invitation: { uses, cluster, expiresAt, needsApproval } }: CreatedInvitation): string => {
  const hosts = uses === 1 ? 'on the new host' : `on up to ${uses} hosts`
  const then = needsApproval ? ', then approve: bramble node approve NAME' : ''
  return `cluster ${cluster}; run this in a checkout ${hosts} before ${expiresAt}${then}:`
}

/** `node invite`, which makes an invitation and prints the one command that uses it, or uses it over ssh. */
export const addInvite = (noun: Command): void => {
  const command = noun
    .command('invite [name]')
    .description('print the command with which a new host joins; a name holds for one host')
    .option('--cluster <name>', 'the cluster that it becomes part of (default: default)')
    .option('--label <key=value>', 'a label (repeat for more)', collect)
    .option('--uses <n>', 'how many hosts may join with it (default: 1)')
    .option('--fleet <name>', 'for simulated nodes name-1, name-2 ... of one process, with one user at the broker')
    .option('--needs-approval', 'they get nothing to do before `bramble node approve`')
    .option('--expires <duration>', 'at most 10m, and 10m when left out')
    .option('--docker', 'the command for a host with Docker, in place of that for one without')
  addSshFlags(command).action(
    withSession(async (session, name: string | undefined, flags: SshFlags) => {
      if (flags.ssh) return inviteOverSsh(session, name, flags)
      refuseWithoutSsh(flags)
      return invite(session, name, flags)
    }),
  )
}
