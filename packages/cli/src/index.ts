export { exitCodes } from './exit-code.ts'
export { buildProgram } from './program.ts'
