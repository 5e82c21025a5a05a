import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** Leaves the first admin's secret for who set the cloudlet up: readable by the owner alone, to be taken away by them. */
export const leaveFirstAdminToken = async (stateDir: string, secret: string): Promise<void> => {
  const path = join(stateDir, 'first-admin-token')
  await using file = await open(`${path}.partial`, 'w', 0o600)
  await file.writeFile(`${secret}\n`)
  await file.sync()
  await rename(`${path}.partial`, path)
}
