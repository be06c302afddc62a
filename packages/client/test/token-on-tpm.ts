import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { TokenPlace } from '../src/key-stores/token/token-link.ts'
import { TOKEN_LABEL, TOKEN_PIN, findModule, writePin } from './token-on-softhsm.ts'

/**
 * A token in a TPM 2.0: swtpm as the chip, tpm2-abrmd as the resource manager that the kernel is for a real one,
 * tpm2-pkcs11 as the module. All on sockets in one folder; ended with `close`.
 */

const run = promisify(execFile)

export interface TpmToken {
  readonly place: TokenPlace
  readonly close: () => Promise<void>
}

export async function makeTpmToken(folder: string): Promise<TpmToken> {
  const programs: ChildProcess[] = []
  const close = async (): Promise<void> => {
    for (const program of programs.toReversed()) await end(program)
  }
  try {
    return { place: await startTpm(folder, programs), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function startTpm(folder: string, programs: ChildProcess[]): Promise<TokenPlace> {
  const at = (name: string): string => join(folder, name)
  await mkdir(at('tpm'))
  await mkdir(at('store'))
  const start = (program: string, args: string[], env = {}): void => {
    programs.push(spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } }))
  }
  const sockets = [
    ['--server', `type=unixio,path=${at('tpm.sock')}`],
    ['--ctrl', `type=unixio,path=${at('tpm.sock.ctrl')}`],
  ]
  const flags = ['--flags', 'not-need-init,startup-clear']
  start('swtpm', [
    'socket',
    '--tpm2',
    '--tpmstate',
    `dir=${at('tpm')}`,
    ...sockets.flat(),
    ...flags,
  ])
  const address = `unix:path=${at('bus')}`
  start('dbus-daemon', ['--session', '--nofork', '--nosyslog', `--address=${address}`])
  for (const name of ['tpm.sock', 'tpm.sock.ctrl', 'bus']) await appear(at(name))
  const bus = { DBUS_SESSION_BUS_ADDRESS: address }
  const broker = ['--session', `--tcti=swtpm:path=${at('tpm.sock')}`]
  start(
    '/usr/sbin/tpm2-abrmd',
    process.getuid?.() === 0 ? ['--allow-root', ...broker] : broker,
    bus,
  )

  const tcti = 'tabrmd:bus_type=session'
  const environment = { ...bus, TPM2_PKCS11_STORE: at('store'), TPM2_PKCS11_TCTI: tcti }
  const env = { ...process.env, ...environment, TPM2TOOLS_TCTI: tcti }
  await answer(() => run('tpm2_getcap', ['properties-fixed'], { env }))
  await run('tpm2_ptool', ['init', '--path', at('store')], { env })
  const pins = [`--sopin=so-${TOKEN_PIN}`, `--userpin=${TOKEN_PIN}`]
  const token = ['addtoken', '--pid=1', ...pins, `--label=${TOKEN_LABEL}`, '--path', at('store')]
  await run('tpm2_ptool', token, { env })
  const module = findModule('libtpm2_pkcs11.so.1', 'pkcs11/libtpm2_pkcs11.so')
  return { module, tokenLabel: TOKEN_LABEL, pinFile: await writePin(folder), environment }
}

const appear = (path: string): Promise<void> => answer(() => stat(path))

/** Until it works: the programs say nowhere that they are ready. */
async function answer(ask: () => Promise<unknown>, tries = 100): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      await ask()
      return
    } catch (error) {
      if (left === 0) throw error
      await sleep(100)
    }
  }
}

async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null || program.pid === undefined) return
  const ended = new Promise((resolve) => {
    program.once('exit', resolve)
  })
  program.kill('SIGTERM')
  const timer = setTimeout(() => program.kill('SIGKILL'), 2000)
  await ended
  clearTimeout(timer)
}
