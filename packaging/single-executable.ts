import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * One program out of Node and the bundle: https://nodejs.org/api/single-executable-applications.html
 */

export interface Executable {
  /** CommonJS, in one file. */
  readonly bundle: string
  /** Node for the computer that the program is for. */
  readonly runtime: string
  /** The Node that writes the blob: of the same version, on this computer. Default: the one that runs. */
  readonly blobMaker?: string
  /** Flags of Node. They are fixed: neither the environment nor the command line adds to them. */
  readonly flags?: readonly string[]
  /** Where the program goes. */
  readonly file: string
}

/** As in `./sanad client`: no code is made at run time, so a service may forbid it, and memory stays small. */
export const CLIENT_FLAGS = ['--jitless', '--max-semi-space-size=1', '--optimize-for-size']

/** Node finds its blob by this name, and sees by the fuse that there is one. */
const RESOURCE = 'NODE_SEA_BLOB'
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

export function makeExecutable(wanted: Executable): void {
  const { runtime, file } = wanted
  const folder = mkdtempSync(join(tmpdir(), 'sanad-blob-'))
  try {
    copyFileSync(runtime, file)
    chmodSync(file, 0o755)
    inject(file, makeBlob(wanted, folder))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** By its command line, whose many warnings about sections are nobody’s concern unless it fails. */
function inject(file: string, blob: string): void {
  const program = fileURLToPath(import.meta.resolve('postject/dist/cli.js'))
  run(process.execPath, [program, file, RESOURCE, blob, '--sentinel-fuse', FUSE])
}

function makeBlob(wanted: Executable, folder: string): string {
  const { bundle, blobMaker = process.execPath, flags = CLIENT_FLAGS } = wanted
  const output = join(folder, 'blob')
  const config = {
    // By its name alone: the blob keeps it, and the same sources should make the same blob anywhere.
    main: basename(bundle),
    output,
    disableExperimentalSEAWarning: true,
    // Both would bind the blob to the processor that it was made on.
    useSnapshot: false,
    useCodeCache: false,
    execArgv: flags,
    execArgvExtension: 'none',
  }
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  run(blobMaker, ['--experimental-sea-config', file], dirname(bundle))
  return output
}

const run = (program: string, args: readonly string[], cwd?: string): void =>
  void execFileSync(program, args, { stdio: 'pipe', cwd })
