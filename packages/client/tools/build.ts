import { join } from 'node:path'
import { type Plugin, build } from 'rolldown'

/**
 * The client as one file, for the computers beside the devices: no package manager there, and half of the memory,
 * because nothing is stripped or linked at the start. A single executable takes CommonJS only.
 */
const ROOT = join(import.meta.dirname, '..')
const FILE = 'sanad-client.cjs'

/** The native module of tokens cannot be bundled: beside a single executable, else where npm put it. */
const NATIVE = './build/Release/pkcs11.node'
const NATIVE_LOADER = `
const { createRequire } = require('node:module')
module.exports = require('node:sea').isSea()
  ? createRequire(process.execPath)('./pkcs11.node')
  : createRequire(__filename)('pkcs11js/build/Release/pkcs11.node')
`
const nativeModule: Plugin = {
  name: 'native-module',
  resolveId: (source) => (source === NATIVE ? { id: '\0pkcs11' } : undefined),
  load: (id) => (id === '\0pkcs11' ? NATIVE_LOADER : undefined),
}

export interface Bundle {
  /** Path. */
  readonly file: string
  /** Folders of the npm packages that have a part in it, sorted. */
  readonly packages: readonly string[]
}

export interface BundleOptions {
  /** Path of the program; default: the one with tokens. */
  readonly entry?: string
  /** What it has to run on, such as `node22`; default: the Node of this repository. */
  readonly target?: string
  /** Expressions that are known already. */
  readonly define?: Readonly<Record<string, string>>
}

export async function bundleClient(folder: string, options: BundleOptions = {}): Promise<Bundle> {
  const { entry = join(ROOT, 'tools', 'program.ts'), target, define } = options
  const file = join(folder, FILE)
  const { output } = await build({
    input: entry,
    platform: 'node',
    plugins: [nativeModule],
    // Optional parts of `ws` that are not installed.
    transform: {
      ...(target !== undefined && { target }),
      define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', ...define },
    },
    output: { file, format: 'cjs', minify: true, codeSplitting: false },
    logLevel: 'warn',
  })
  return { file, packages: listPackages(output[0].moduleIds) }
}

const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/

const listPackages = (modules: readonly string[]): string[] =>
  [...new Set(modules.flatMap((path) => PACKAGE.exec(path)?.[0] ?? []))].toSorted()

if (import.meta.main) await bundleClient(process.argv[2] ?? join(ROOT, 'dist'))
