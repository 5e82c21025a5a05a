// What the suite says of a host before it starts there, by made-up processors.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTempFolder, runProgram } from '@bramble/testkit'
import { freePorts } from '../shared/compose-project.ts'

const preflight = join(import.meta.dirname, '../../docker/tools/preflight')

const cpus = {
  'a Raspberry Pi 4': 'Features\t: fp asimd evtstrm crc32 cpuid',
  'a Raspberry Pi 5':
    'Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp',
  'an Atom': 'flags\t\t: fpu vme de pse tsc msr sse sse2 ssse3 sse4_1 sse4_2 movbe popcnt',
  'a Xeon': 'flags\t\t: fpu vme de pse tsc msr sse sse2 ssse3 sse4_1 sse4_2 popcnt aes xsave avx f16c avx2',
}
type Cpu = keyof typeof cpus

/** Whether the core may start on it, and what is said. */
async function judge(cpu: Cpu, settings: Record<string, string> = {}) {
  await using folder = await makeTempFolder()
  const CPUINFO = join(folder.path, 'cpuinfo')
  await writeFile(CPUINFO, `processor\t: 0\n${cpus[cpu]}\n`)
  const [BRAMBLE_PORT, BRAMBLE_BROKER_PORT] = (await freePorts(2)) as [string, string]
  const env = {
    BRAMBLE_DATABASE: '',
    BRAMBLE_PORT,
    BRAMBLE_BROKER_PORT,
    CPUINFO,
    HOST_VOLUME: folder.path,
    ...settings,
  }
  const { exitCode, stderr } = await runProgram([preflight, 'core'], { env })
  return { exitCode, stderr }
}

describe('preflight of the core', () => {
  it.each([
    ['a Raspberry Pi 4', 'ARMv8.2-A'],
    ['an Atom', 'AVX'],
  ] as [Cpu, string][])('names the override on %s', async (cpu, lacking) => {
    const { exitCode, stderr } = await judge(cpu)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(lacking)
    expect(stderr).toMatch('COMPOSE_FILE=compose.yaml:compose.pi.yaml in .env')
  })

  it.each(['a Raspberry Pi 5', 'a Xeon'] as Cpu[])('lets MongoDB run on %s', async (cpu) => {
    expect(await judge(cpu)).toEqual({ exitCode: 0, stderr: '' })
  })

  it('names a database that it does not know', async () => {
    const { exitCode, stderr } = await judge('a Xeon', { BRAMBLE_DATABASE: 'mongo' })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch('BRAMBLE_DATABASE is mongo')
  })

  it.each(['sqlite', 'ferretdb'])('asks nothing of the processor for %s', async (database) => {
    expect(await judge('a Raspberry Pi 4', { BRAMBLE_DATABASE: database })).toEqual({ exitCode: 0, stderr: '' })
  })
})
