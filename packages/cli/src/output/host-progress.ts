// What is happening on many hosts: on a terminal a line for each that is worked on, rewritten in place, and above them those
// that are done; elsewhere a plain line per change.

export interface HostProgress {
  show: (host: string, what: string) => void
  done: (host: string, what: string) => void
}

const inLines = (stream: NodeJS.WriteStream): HostProgress => {
  const write = (host: string, what: string) => void stream.write(`${host}: ${what}\n`)
  return { show: write, done: write }
}

const onTerminal = (stream: NodeJS.WriteStream): HostProgress => {
  const active = new Map<string, string>()
  let drawn = 0
  const draw = (finished = '') => {
    const width = (stream.columns || 80) - 1
    const lines = [...active].map(([host, what]) => `· ${host}: ${what}`.slice(0, width))
    const back = drawn > 0 ? `\u001b[${drawn}A` : ''
    stream.write(`${back}\r\u001b[J${finished}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }
  return {
    show(host, what) {
      active.set(host, what)
      draw()
    },
    done(host, what) {
      active.delete(host)
      draw(`${host}: ${what}\n`)
    },
  }
}

export const openHostProgress = (quiet = false, stream: NodeJS.WriteStream = process.stderr): HostProgress => {
  if (quiet) return { show: () => {}, done: () => {} }
  return stream.isTTY && !process.env.NO_COLOR ? onTerminal(stream) : inLines(stream)
}
