import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** What a running Node program holds after its garbage is collected: asked through its inspector. */

export interface MemoryFigures {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

const INSPECTOR = 'http://127.0.0.1:9229/json/list'
/** For buffers of the system that are given back by and by. */
const SETTLE_MS = 3_000

export class ProcessMemory implements Disposable {
  readonly #socket: WebSocket
  #id = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Opens the inspector of the process; nobody else’s may be open on this machine. */
  static async of(pid: number): Promise<ProcessMemory> {
    process.kill(pid, 'SIGUSR1')
    await pause(1_000)
    const targets = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[]
    const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '')
    await once(socket, 'open')
    return new ProcessMemory(socket)
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }

  async measure(): Promise<MemoryFigures> {
    await pause(SETTLE_MS)
    for (let time = 0; time < 3; time++) await this.#ask('HeapProfiler.collectGarbage')
    const expression = 'process.memoryUsage()'
    const { result } = (await this.#ask('Runtime.evaluate', {
      expression,
      returnByValue: true,
    })) as { result: { value: MemoryFigures } }
    return result.value
  }

  #ask(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#id
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve) => {
      const hear = (data: Buffer): void => {
        const answer = JSON.parse(data.toString()) as { id?: number; result?: unknown }
        if (answer.id !== id) return
        this.#socket.off('message', hear)
        resolve(answer.result)
      }
      this.#socket.on('message', hear)
    })
  }
}
