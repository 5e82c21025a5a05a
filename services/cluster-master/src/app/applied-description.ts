import type { AppliedDescription, Digest } from '@bramble/contracts'
import type { Master } from '../master.ts'

const settingId = 'description'

/** What was applied last, and which version of the file that the master follows. */
export interface AppliedSetting {
  applied?: AppliedDescription
  fileDigest?: Digest
}

export async function readApplied({ store }: Pick<Master, 'store'>): Promise<AppliedSetting> {
  // Only noteApplied() writes it.
  return ((await store.collection('settings').get(settingId))?.value ?? {}) as AppliedSetting
}

export async function noteApplied(master: Pick<Master, 'store'>, news: AppliedSetting): Promise<void> {
  const settings = master.store.collection('settings')
  const value = { ...(await readApplied(master)), ...news }
  if (await settings.update(settingId, (setting) => ({ ...setting, value }))) return
  await settings.insert({ id: settingId, value })
}
