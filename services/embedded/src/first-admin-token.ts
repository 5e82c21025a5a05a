import { join } from 'node:path'
import { writeDurably } from '@bramble/kit'

/** Leaves the first admin's secret for who set the cloudlet up: readable by the owner alone, to be taken away by them. */
export const leaveFirstAdminToken = async (stateDir: string, secret: string): Promise<void> => {
  const path = join(stateDir, 'first-admin-token')
  await writeDurably(`${secret}\n`, { path, through: `${path}.partial` })
}
