import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { CLIENT_VERBS } from '@sanad/command-line/client-verbs'
import { writeCompletion } from '@sanad/command-line/completion'
import type { Bundle } from '../../packages/client/tools/build.ts'
import { findRuntime } from '../node-runtime.ts'
import { makeExecutable } from '../single-executable.ts'
import { type LinuxTarget, TARGETS } from '../targets.ts'
import { makeChangelog } from './debian-control.ts'
import { buildDebianPackage } from './debian-package.ts'
import { makeCopyright } from './copyright.ts'
import { compileNativeModule, toolOf } from './native-module.ts'
import type { Entry } from './package-tree.ts'

/** The client's `.deb`. */

const FILES = join(import.meta.dirname, 'files')
const LIBRARY = 'usr/lib/sanad-client'

export interface ClientPackage {
  readonly target: LinuxTarget
  readonly bundle: Bundle
  readonly version: string
  /** Seconds since the epoch. */
  readonly madeAt: number
  readonly folder: string
  /** Of dpkg-deb: `-Znone` where only the content counts. */
  readonly compression?: readonly string[]
}

/** @returns the path of the package */
export function makeClientPackage(wanted: ClientPackage): string {
  const work = mkdtempSync(join(tmpdir(), 'sanad-package-'))
  try {
    const program = makeProgram(wanted, work)
    const { version, madeAt, target, folder, compression } = wanted
    const native = compileNativeModule(target, work)
    const entries = [...listProgram(program, native), ...listFiles(), ...listDocuments(wanted)]
    const architecture = TARGETS[target].debian
    const scripts = { postinst: read('postinst'), prerm: read('prerm'), postrm: read('postrm') }
    const parts = { architecture, version, madeAt, entries, scripts }
    return buildDebianPackage({ ...parts, ...(compression && { compression }) }, folder)
  } finally {
    rmSync(work, { recursive: true })
  }
}

function makeProgram({ target, bundle }: ClientPackage, work: string): string {
  const runtime = join(work, 'node')
  // Names of Node's own functions, a tenth of the file: only debuggers read them.
  execFileSync(toolOf(target, 'strip'), ['--strip-unneeded', '-o', runtime, findRuntime(target)])
  const file = join(work, 'sanad-client')
  makeExecutable({ bundle: bundle.file, runtime, file })
  return file
}

function listProgram(program: string, native: string | undefined): Entry[] {
  const main: Entry[] = [
    { path: `${LIBRARY}/sanad-client`, from: program, mode: 0o755 },
    { path: 'usr/bin/sanad-client', linkTo: '../lib/sanad-client/sanad-client' },
  ]
  return native === undefined
    ? main
    : [...main, { path: `${LIBRARY}/pkcs11.node`, from: native, mode: 0o644 }]
}

const read = (name: string): string => readFileSync(join(FILES, name), 'utf8')

const listFiles = (): Entry[] => [
  { path: 'etc/sanad/client.yaml', text: read('client.yaml') },
  { path: 'lib/systemd/system/sanad-client.service', text: read('sanad-client.service') },
  { path: 'usr/share/man/man8/sanad-client.8.gz', text: gzip(read('sanad-client.8')) },
  { path: 'usr/share/lintian/overrides/sanad-client', text: read('lintian-overrides') },
  { path: 'usr/share/bash-completion/completions/sanad-client', text: completionOf('bash') },
  { path: 'usr/share/zsh/vendor-completions/_sanad-client', text: completionOf('zsh') },
]

const completionOf = (shell: string): string =>
  writeCompletion(shell, 'sanad-client', Object.values(CLIENT_VERBS))

function listDocuments({ target, bundle, version, madeAt }: ClientPackage): Entry[] {
  const folder = 'usr/share/doc/sanad-client'
  const nodeLicence = join(dirname(findRuntime(target)), '..', 'LICENSE')
  return [
    { path: `${folder}/copyright`, text: makeCopyright(bundle.packages) },
    { path: `${folder}/LICENSE.node.gz`, text: gzip(readFileSync(nodeLicence)) },
    { path: `${folder}/changelog.gz`, text: gzip(makeChangelog({ version, madeAt })) },
  ]
}

/** As Debian’s policy asks. */
const gzip = (content: string | Uint8Array): Uint8Array => gzipSync(content, { level: 9 })
