import { comeBetween } from './recording-disk.ts'
import { supplyKeys } from './rsa-keys.ts'

/** Imported first by whoever imports the code under test: what it takes from Node is replaced when it is loaded. */
comeBetween()
supplyKeys()
