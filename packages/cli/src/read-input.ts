import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'

/** The bytes of a file, or with `-` all of stdin: as a stream, since a pipe that is still empty refuses to be read at once. */
export const readInput = (file: string): Promise<Buffer> => (file === '-' ? buffer(process.stdin) : readFile(file))

export const readInputText = async (file: string): Promise<string> => (await readInput(file)).toString()
