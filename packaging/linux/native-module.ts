import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findRuntime } from '../node-runtime.ts'
import { ROOT } from '../root.ts'
import type { LinuxTarget } from '../targets.ts'

/** The native part of pkcs11js, for rules of `handOver` with `kind: pkcs11`, compiled for the target. */

const SOURCES = join(ROOT, 'node_modules', 'pkcs11js')

const TOOLS = {
  'linux-x64': 'x86_64-linux-gnu',
  'linux-arm64': 'aarch64-linux-gnu',
} as const satisfies Record<LinuxTarget, string>

/** As binding.gyp of pkcs11js has it; hardened; no path of this computer in it. */
const FLAGS = [
  '-O2',
  '-std=c++17',
  '-fPIC',
  '-shared',
  '-s',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_GYP_MODULE_NAME=pkcs11',
  '-fstack-protector-strong',
  '-D_FORTIFY_SOURCE=2',
  '-Wl,-z,relro,-z,now',
  '-Wl,--build-id=none',
]

export const toolOf = (target: LinuxTarget, tool: 'strip' | 'g++'): string =>
  `${TOOLS[target]}-${tool}`

/** @returns the module’s path; undefined where there is no compiler for that target: a package can do without */
export function compileNativeModule(target: LinuxTarget, folder: string): string | undefined {
  const compiler = toolOf(target, 'g++')
  if (!isThere(compiler)) {
    process.stderr.write(`Without ${compiler} the package cannot hand keys over by PKCS#11.\n`)
    return undefined
  }
  const file = join(folder, 'pkcs11.node')
  const headers = join(findRuntime(target), '..', '..', 'include', 'node')
  const args = [...FLAGS, '-I', headers, '-I', 'includes', ...listSources(), '-o', file]
  execFileSync(compiler, args, { cwd: SOURCES, stdio: ['ignore', 'ignore', 'inherit'] })
  return file
}

/** `common.cpp` and `main.cpp` include the others. */
const listSources = (): string[] =>
  ['common.cpp', 'dl.cpp', 'main.cpp'].map((name) => join('src', name))

export const isThere = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
