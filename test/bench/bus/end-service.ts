import { writeFile } from 'node:fs/promises'
import type { startAgentProcess, startMasterProcess } from '@bramble/testkit'

type Service = ReturnType<typeof startMasterProcess> | ReturnType<typeof startAgentProcess>

/** BENCH_LOG=FILE keeps its log in FILE.name. */
export async function endService(service: Service, name: string): Promise<void> {
  if (!service.hasEnded()) service.kill('SIGTERM')
  await service.ended
  const path = process.env['BENCH_LOG']
  if (path) await writeFile(`${path}.${name}`, service.logs())
}

/** BENCH_PROFILE=DIR leaves CPU profiles there. */
export const nodeFlags = (): string[] => {
  const folder = process.env['BENCH_PROFILE']
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
}
