import { request } from 'node:http'
import { isMissing, requireTrustedFile } from '../base/private-folder.ts'
import { keyStoreFailure } from '../base/key-store-failure.ts'
import { PLATFORM } from '../platform/platform.ts'

/** Tells an SBI that keeps its key in memory to read it again, or restarts it (MF §7.1: MOSIP’s mock needs that). */

export type ReloadHook =
  | {
      readonly kind: 'command'
      /** An absolute path, then fixed arguments: no shell reads them. */
      readonly command: readonly string[]
      readonly timeoutSeconds?: number
    }
  | {
      readonly kind: 'http'
      /** Of this computer, by address. */
      readonly url: string
      readonly timeoutSeconds?: number
    }
  | { readonly kind: 'none' }

const DEFAULT_SECONDS = 30

/** @throws SanadError `client.key-store-failed`, `client.permissions-too-open` */
export async function runReloadHook(hook: ReloadHook): Promise<void> {
  if (hook.kind === 'none') return
  const timeoutMs = (hook.timeoutSeconds ?? DEFAULT_SECONDS) * 1000
  if (hook.kind === 'http') return await post(hook.url, timeoutMs)
  const [program = '', ...args] = hook.command
  await requireTrustedProgram(program)
  await runCommand(program, args, timeoutMs)
}

/** A program that another account can write must not run with the rights of this client. */
async function requireTrustedProgram(path: string): Promise<void> {
  try {
    await requireTrustedFile(path)
  } catch (error) {
    if (isMissing(error)) throw keyStoreFailure('the reload command is not there', error)
    throw error
  }
}

function runCommand(program: string, args: readonly string[], timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = PLATFORM.programs.start(program, args)
  const timer = setTimeout(() => {
    reject(keyStoreFailure('the reload command did not end in time'))
    PLATFORM.programs.end(child)
  }, timeoutMs)
  child.once('error', (error) => reject(keyStoreFailure('the reload command cannot run', error)))
  child.once('exit', (code, signal) => {
    if (code === 0) resolve()
    else reject(keyStoreFailure(`the reload command ended with ${code ?? signal}`))
  })
  return promise.finally(() => clearTimeout(timer))
}

function post(url: string, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const signal = AbortSignal.timeout(timeoutMs)
  const outgoing = request(url, { method: 'POST', agent: false, signal }, (incoming) => {
    incoming.resume()
    const status = incoming.statusCode ?? 0
    if (status >= 200 && status < 300) resolve()
    else reject(keyStoreFailure(`the SBI answers ${status} to the reload request`))
  })
  outgoing.once('error', (error) =>
    reject(keyStoreFailure('the SBI cannot be told to reload', error)),
  )
  outgoing.end()
  return promise
}
