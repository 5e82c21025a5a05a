import { type Check, failed, ok, warning } from './check.ts'
import type { Look } from './look.ts'

// This host: whether it can run guests. A host that only runs the CLI may lack all of it; so these are warnings.

const distribution = 'Debian: scripts/up and scripts/join install it (bookworm: from backports).'

interface Tool {
  id: string
  command: string
  /** Of the major version. */
  least?: number
}

const toolMissing = ({ id, command, least = 0 }: Tool): Check => ({
  id,
  find: async ({ host }) => {
    const answer = await host.run(command, ['--version'])
    if (!answer) return warning(`${command} is not on this host`, distribution)
    const found = /(\d+)\.\d+(\.\d+)?/.exec(answer.stdout + answer.stderr)
    if (found && Number(found[1]) < least)
      return failed(`${command} ${found[0]}; ${least} or newer is needed`, distribution)
    return ok(found ? found[0] : 'installed')
  },
})

const unsupported: Check = {
  id: 'system-unsupported',
  find: async ({ host }) => {
    const text = (await host.tail('/etc/os-release', 4096)) ?? ''
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? 'an unknown system'
    const isDebian = /^ID=debian$/m.test(text) && /^VERSION_ID="?1[23]"?$/m.test(text)
    if (isDebian) return ok(name)
    return warning(`this is ${name}`, 'scripts/up sets up Debian 12 and 13; elsewhere: BRAMBLE_SKIP_PACKAGES=1.')
  },
}

/** Debian 12 has one of March 2023: its version is the day of its sources. */
const isPasstOld = async ({ host }: Look): Promise<boolean> => {
  const answer = await host.run('dpkg-query', ['-W', '-f', '${Version}', 'passt'])
  const day = /git(\d{8})/.exec(answer?.stdout ?? '')?.[1]
  return day !== undefined && day < '20240000'
}

const passtOld: Check = {
  id: 'passt-old',
  find: async (look) => {
    if (!(await isPasstOld(look))) return ok('no')
    return warning(
      "this host's passt opens a connection in the guest only when the client has sent something",
      'A service that speaks first (SMTP, FTP) stays silent. Use Debian 13.',
    )
  },
}

const noRoute: Check = {
  id: 'no-default-route',
  find: async (look) => {
    const answer = await look.host.run('ip', ['route', 'show', 'default'])
    if (!answer || answer.exitCode !== 0 || answer.stdout.trim() !== '') return ok('there is one')
    if (!(await isPasstOld(look))) return ok('none, and none is needed')
    return failed('this host has no default route, and its passt does not start without', 'Add one, or use Debian 13.')
  },
}

const kvmUnusable: Check = {
  id: 'kvm-unusable',
  find: async ({ host, nodes }) => {
    const access = await host.access('/dev/kvm')
    if (access === 'absent') return ok('/dev/kvm is not there')
    const here = (await nodes()).find((it) => it.host?.hostname === host.hostname() && it.host.driver === 'libvirt')
    if (here?.host?.accelerator !== 'tcg') return ok(here ? `${here.id} uses KVM` : 'no node runs VMs on this host')
    return warning(
      `/dev/kvm is there, and ${here.id} found that it does not run guests`,
      'Each start of a VM tries it in vain. Take it from QEMU: chmod 600 /dev/kvm, then restart libvirtd.',
    )
  },
}

const apparmorRules = '/etc/apparmor.d/local/abstractions/libvirt-qemu'

const apparmorDenies: Check = {
  id: 'apparmor-denies',
  find: async ({ host, places }) => {
    const isOn = (await host.access('/sys/kernel/security/apparmor')) !== 'absent'
    const hasGuests = (await host.access(`${places.stateDir}/agent/slots`)) !== 'absent'
    if (!isOn || !hasGuests) return ok('not in force here')
    const rules = (await host.tail(apparmorRules, 65_536)) ?? ''
    if (rules.includes(`${places.stateDir}/agent`)) return ok('it is told of the state folder')
    return failed(`${apparmorRules} does not name ${places.stateDir}`, 'scripts/up adds it: run it again.')
  },
}

export const hostChecks: Check[] = [
  unsupported,
  toolMissing({ id: 'qemu-missing', command: 'qemu-system-x86_64', least: 10 }),
  toolMissing({ id: 'libvirt-missing', command: 'virsh', least: 11 }),
  toolMissing({ id: 'passt-missing', command: 'passt' }),
  passtOld,
  noRoute,
  kvmUnusable,
  apparmorDenies,
]
