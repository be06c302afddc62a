import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { dirname, join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * Asks `sanad-service.exe facts`, which stands beside this program, what only functions of Windows tell: Node has
 * no way to them. One line a question, one a reply; one process for the life of the client, because the table of
 * ports is read every few seconds. packaging/windows/facts.c is the other end.
 */

type Verb =
  | 'access'
  | 'account'
  | 'listeners'
  | 'machine'
  | 'make-private'
  | 'program'
  | 'seal'
  | 'unseal'

const PROGRAM = 'sanad-service.exe'
const PATIENCE_MS = 10_000
/** A table of 25,000 listeners fits. */
const LONGEST_REPLY = 512 * 1024

type Process = ChildProcessByStdio<Writable, Readable, null>

export class Helper {
  readonly #program: string
  #process: Process | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(program = join(dirname(process.execPath), PROGRAM)) {
    this.#program = program
  }

  /** @throws SanadError `client.storage-failed`, with the number that Windows gave its error */
  ask(verb: Verb, argument = ''): Promise<string> {
    const answered = this.#last.then(() => this.#askNow(`${verb} ${argument}`.trimEnd()))
    this.#last = answered.catch(() => undefined)
    return answered
  }

  async #askNow(question: string): Promise<string> {
    if (/[\r\n]/.test(question)) throw failure('a question of more than one line')
    const child = (this.#process ??= this.#start())
    // Only while it is asked does it keep this process alive.
    hold(child, true)
    try {
      return readReply(await exchange(child, `${question}\n`))
    } catch (error) {
      if (!(error instanceof HelperRefusal)) this.#end(child)
      throw error
    } finally {
      hold(child, false)
    }
  }

  #start(): Process {
    const child = spawn(this.#program, ['facts'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    })
    child.stdout.setEncoding('utf8')
    child.stdin.on('error', () => undefined)
    child.once('error', () => this.#end(child)).once('exit', () => this.#end(child))
    return child
  }

  #end(child: Process): void {
    if (this.#process === child) this.#process = undefined
    child.kill()
  }
}

/** The helper answered with an error of Windows; it still takes questions. */
class HelperRefusal extends SanadError {
  readonly number: number

  constructor(number: number) {
    super('client.storage-failed', `Windows error ${number}`)
    this.number = number
  }
}

const failure = (detail: string): SanadError =>
  new SanadError('client.storage-failed', `${PROGRAM}: ${detail}`)

function readReply(line: string): string {
  const [word, ...rest] = line.split(' ')
  if (word === 'ok') return rest.join(' ')
  const number = Number(rest[0])
  if (word === 'error' && Number.isInteger(number)) throw new HelperRefusal(number)
  throw failure('it cannot be understood')
}

function exchange(child: Process, question: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let held = ''
  const hear = (chunk: string): void => {
    held += chunk
    const end = held.indexOf('\n')
    if (end >= 0) resolve(held.slice(0, end).trimEnd())
    else if (held.length > LONGEST_REPLY) reject(failure('an endless line'))
  }
  const lose = (): void => reject(failure('it is not there, or ended'))
  const timer = setTimeout(() => reject(failure('it is silent')), PATIENCE_MS)
  child.stdout.on('data', hear)
  child.once('exit', lose).once('error', lose)
  child.stdin.write(question)
  return promise.finally(() => {
    clearTimeout(timer)
    child.stdout.off('data', hear)
    child.off('exit', lose).off('error', lose)
  })
}

interface Holdable {
  readonly ref?: () => unknown
  readonly unref?: () => unknown
}

function hold(child: Process, isHeld: boolean): void {
  // Pipes of a child are sockets, which the types do not say.
  const parts: readonly Holdable[] = [child, child.stdin as Holdable, child.stdout as Holdable]
  for (const part of parts) (isHeld ? part.ref : part.unref)?.call(part)
}
