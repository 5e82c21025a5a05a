import { apiSections } from './api-sections.ts'
import { hostSections } from './host-sections.ts'
import { knownSecrets } from './known-secrets.ts'
import { redact } from './redact.ts'
import type { BundleFile, Source } from './section.ts'

const sections = [...hostSections, ...apiSections]

/** All files of a bundle, without secrets: everything goes through `redact`, here and nowhere else. */
export const collectBundle = async (source: Source): Promise<BundleFile[]> => {
  const known = await knownSecrets(source)
  const files = (await Promise.all(sections.map((read) => read(source)))).flat()
  return files.map(({ name, text }) => ({ name, text: redact(text, known) }))
}
