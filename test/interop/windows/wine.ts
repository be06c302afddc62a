import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Windows programs on this computer: Wine, with a Windows of its own in a folder that goes away. */

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const SECONDS = 120
/** Under Wine a new file does not inherit the access list of its folder: it has the modes of Linux. */
const PRIVATE = ['-c', 'umask 077; exec "$@"', 'sh'] as const

export class Wine {
  readonly prefix = mkdtempSync(join(tmpdir(), 'sanad-wine-'))
  readonly #env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: this.prefix,
    WINEPREFIX: this.prefix,
    WINEDEBUG: '-all',
    // No .NET and no browser: none is asked for, and none is looked for.
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
  }
  #files = 0
  #powered: ChildProcess | undefined

  constructor() {
    this.#runNow('wineboot', '--init')
    // Wine 8 is a Windows 7 unless it is told, and Node does not start there.
    this.#runNow('winecfg', '-v', 'win10')
  }

  start(program: string, args: readonly string[] = []): WindowsProgram {
    // Files: under Wine 8 a program of Node does not start when its output is a pipe of Linux.
    const files = { stdout: this.#nextFile(), stderr: this.#nextFile() }
    const [out, err] = [openSync(files.stdout, 'w'), openSync(files.stderr, 'w')]
    const child = spawn('sh', [...PRIVATE, 'wine', program, ...args], {
      env: this.#env,
      stdio: ['ignore', out, err],
    })
    closeSync(out)
    closeSync(err)
    return new WindowsProgram(child, files)
  }

  run(program: string, ...args: readonly string[]): Promise<Ended> {
    return this.start(program, args).ended
  }

  /** Wine boots its Windows with the first program and ends it, services too, with the last: this one stays. */
  powerOn(): void {
    this.#powered = spawn('sh', [...PRIVATE, 'wine', 'cmd', '/k'], {
      env: this.#env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
  }

  /** All programs at once, as the power goes. */
  powerOff(): void {
    const options = { env: this.#env, timeout: SECONDS * 1000 }
    spawnSync('wineserver', ['--kill'], options)
    spawnSync('wineserver', ['--wait'], options)
    this.#powered?.kill('SIGKILL')
  }

  /** `C:\…` in the folder of this Windows. */
  pathOf(...names: readonly string[]): string {
    return join(this.prefix, 'drive_c', ...names)
  }

  [Symbol.dispose](): void {
    this.powerOff()
    rmSync(this.prefix, { recursive: true, force: true })
  }

  #nextFile(): string {
    return join(this.prefix, `output-${++this.#files}`)
  }

  #runNow(...words: readonly string[]): void {
    const ran = spawnSync('sh', [...PRIVATE, 'wine', ...words], {
      env: this.#env,
      timeout: SECONDS * 1000,
    })
    if (ran.status !== 0) throw new Error(`wine ${words.join(' ')}: ${String(ran.stderr)}`)
  }
}

export class WindowsProgram {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly #files: { readonly stdout: string; readonly stderr: string }

  constructor(child: ChildProcess, files: { readonly stdout: string; readonly stderr: string }) {
    this.child = child
    this.#files = files
    this.ended = once(child, 'exit').then(([code]) => ({
      code: code as number | null,
      stdout: readIfThere(files.stdout),
      stderr: readIfThere(files.stderr),
    }))
  }

  /** What it wrote so far, for people. */
  get words(): string {
    return readIfThere(this.#files.stdout) + readIfThere(this.#files.stderr)
  }

  /** As a power cut does: nothing is asked, nothing is finished. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

/** A program that a failed test left is ended with its Windows, whose folder is gone then. */
const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')
