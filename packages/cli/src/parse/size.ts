import { UsageError } from '../exit-code.ts'

const units: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Bytes of `512M`, `2GiB`, `1.5g` or a plain number: powers of 1024. */
export const parseSize = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim())
  if (!match) throw new UsageError(`'${text}' is not a size; write 512M or 2G`)
  return Math.round(Number(match[1]) * units[match[2]!.toLowerCase()]!)
}

/** `1.5 GiB` of a number of bytes. */
export const formatSize = (bytes: number): string => {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(names.length - 1, bytes > 0 ? Math.floor(Math.log2(bytes) / 10) : 0)
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${names[power]}`
}
