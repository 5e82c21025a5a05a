/** Tests go through all that they are to go through, however long it takes: `scripts/test --full`. */
export const isFull = Boolean(process.env['BRAMBLE_FULL'])
