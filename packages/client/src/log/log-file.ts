import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * A log in a file, for where nothing collects what a program prints. When it is full it becomes `<path>.1`, and what
 * had that name is gone: two files of ten megabytes hold years of a client that is well.
 */

const LARGEST = 10 * 1024 * 1024

export class LogFile {
  readonly #path: string
  readonly #largest: number
  #file: number
  #size: number

  /** @throws the system's error when the file cannot be made */
  constructor(path: string, largest = LARGEST) {
    this.#path = path
    this.#largest = largest
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#file = openForAppending(path)
    this.#size = fstatSync(this.#file).size
  }

  /** A client that cannot log does its work all the same: on a full disk its state is what has to be told of. */
  write(line: string): void {
    try {
      if (this.#size > this.#largest) this.#turnOver()
      this.#size += writeSync(this.#file, line)
    } catch {
      // The next line tries again.
    }
  }

  #turnOver(): void {
    try {
      closeSync(this.#file)
      renameSync(this.#path, `${this.#path}.1`)
    } finally {
      this.#file = openForAppending(this.#path)
      this.#size = fstatSync(this.#file).size
      // The full file could not be put aside, as when another program has it open: it is emptied and does not grow.
      if (this.#size > this.#largest) ftruncateSync(this.#file, (this.#size = 0))
    }
  }
}

const openForAppending = (path: string): number => openSync(path, 'a', 0o600)
