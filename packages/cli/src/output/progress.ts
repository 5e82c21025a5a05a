import type { Progress } from '@bramble/contracts'
import { formatSize } from '../parse/size.ts'

// What is happening on long work: one line rewritten in place on a terminal, one plain line per change elsewhere.

export interface ProgressLine {
  show: (what: string, progress?: Progress) => void
  /** Leaves the last state on the terminal with how long it took. */
  done: (what: string) => void
}

const barWidth = 24
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

const amount = (value: number, unit: Progress['unit']): string =>
  unit === 'bytes' ? formatSize(value) : `${Math.round(value)} ${unit}`

export const progressText = (progress: Progress): string => {
  const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0
  const filled = Math.round(share * barWidth)
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const eta = progress.etaSeconds ? `, ${Math.ceil(progress.etaSeconds)} s left` : ''
  return `${bar} ${Math.floor(share * 100)} % of ${amount(progress.total, progress.unit)}${eta}`
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

const onTerminal = (stream: NodeJS.WriteStream): ProgressLine => {
  const started = performance.now()
  let text = ''
  let frame = 0
  const draw = () => {
    const line = `${frames[frame++ % frames.length]} ${text} (${seconds(started)})`
    stream.write(`\r\u001b[K${line.slice(0, (stream.columns || 80) - 1)}`)
  }
  const timer = setInterval(draw, 100).unref()
  return {
    show(what, progress) {
      text = progress ? `${what} ${progressText(progress)}` : what
      draw()
    },
    done(what) {
      clearInterval(timer)
      stream.write(`\r\u001b[K${what} (${seconds(started)})\n`)
    },
  }
}

const inLines = (stream: NodeJS.WriteStream): ProgressLine => {
  const started = performance.now()
  let last = ''
  return {
    show(what) {
      if (what !== last) stream.write(`${what}\n`)
      last = what
    },
    done: (what) => void stream.write(`${what} (${seconds(started)})\n`),
  }
}

export const openProgress = (quiet = false, stream: NodeJS.WriteStream = process.stderr): ProgressLine => {
  if (quiet) return { show: () => {}, done: () => {} }
  return stream.isTTY && !process.env.NO_COLOR ? onTerminal(stream) : inLines(stream)
}
