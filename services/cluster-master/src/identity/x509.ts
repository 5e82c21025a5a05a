// The one way to @peculiar/x509, which needs the first import to have run before it.
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'

export * from '@peculiar/x509'
export type CryptoKey = webcrypto.CryptoKey
export type CryptoKeyPair = webcrypto.CryptoKeyPair
