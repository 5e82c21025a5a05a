import type { LabelPatch, Labels } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'

/** `shelf=2` */
export const parseLabels = (words: string[]): Labels =>
  Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=')
      if (at < 1) throw new UsageError(`'${word}' is not a label; write key=value`)
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )

/** Labels to set, and `shelf-` for one to take away. */
export const parseLabelPatch = (words: string[]): LabelPatch => {
  const isRemoval = (word: string) => word.endsWith('-') && !word.includes('=')
  const removed = words.filter(isRemoval).map((word) => [word.slice(0, -1), null] as const)
  return { ...parseLabels(words.filter((word) => !isRemoval(word))), ...Object.fromEntries(removed) }
}

export const formatLabels = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
