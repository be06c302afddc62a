import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FAULT_KINDS } from './faults.ts'
import type { Fault } from './faults.ts'
import type { OperatingStatus } from './sbi/sbi-answers.ts'
import type { SimulatedDevice } from './simulated-device.ts'
import type { DeviceAddress, Simulation } from './simulation.ts'

/** What a running simulation can be told from another process of the same user. */
export type ControlRequest =
  | { readonly order: 'list' }
  | { readonly order: 'set-fault'; readonly serialNo: string; readonly fault: Fault | null }
  | { readonly order: 'set-status'; readonly serialNo: string; readonly status: OperatingStatus }
  | { readonly order: 'list-verbs'; readonly serialNo: string }

export interface ControlAnswer {
  readonly ok: boolean
  readonly error?: string
  readonly devices?: readonly DeviceAddress[]
  readonly verbs?: readonly { readonly verb: string; readonly path: string; readonly at: string }[]
}

export const OPERATING_STATUSES = [
  'Ready',
  'Busy',
  'Not Ready',
] as const satisfies OperatingStatus[]

const controlPathOf = (directory: string): string => join(directory, 'control.sock')

/** A Unix socket in the simulation's folder: one JSON object a line, in and out. */
export class ControlPanel {
  readonly #simulation: Simulation
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(simulation: Simulation) {
    this.#simulation = simulation
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async open(simulation: Simulation): Promise<ControlPanel> {
    const panel = new ControlPanel(simulation)
    const path = controlPathOf(simulation.directory)
    rmSync(path, { force: true })
    await new Promise<void>((resolve, reject) => {
      panel.#server.once('error', reject)
      panel.#server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
    return panel
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    void this.#converse(socket)
  }

  async #converse(socket: Socket): Promise<void> {
    for await (const line of createInterface({ input: socket })) {
      socket.write(`${JSON.stringify(await this.#obey(line))}\n`)
    }
  }

  async #obey(line: string): Promise<ControlAnswer> {
    try {
      return await this.#perform(readOrder(line))
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : 'failed' }
    }
  }

  async #perform(request: ControlRequest): Promise<ControlAnswer> {
    switch (request.order) {
      case 'list':
        return {
          ok: true,
          devices: this.#simulation.devices.map((device) => this.#simulation.addressOf(device)),
        }
      case 'set-fault':
        await this.#find(request.serialNo).setFault(request.fault ?? undefined)
        return { ok: true }
      case 'set-status':
        this.#find(request.serialNo).setStatus(request.status)
        return { ok: true }
      case 'list-verbs': {
        const { verbs } = this.#find(request.serialNo)
        return { ok: true, verbs: verbs.map((entry) => ({ ...entry, at: entry.at.toISOString() })) }
      }
    }
  }

  #find(serialNo: string): SimulatedDevice {
    const device = this.#simulation.find(serialNo)
    if (device === undefined) throw new Error('no such device')
    return device
  }
}

/** No socket there, or nothing that listens at it. */
const isAbsent = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'ENOENT' || code === 'ECONNREFUSED'

/** Asks the panel of a simulation that runs in another process. */
export function askControlPanel(
  directory: string,
  request: ControlRequest,
): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlPathOf(directory))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      reject(isAbsent(error) ? new Error(`no simulation runs in ${directory}`) : error),
    )
    const lines = createInterface({ input: socket })
    // It repeats the socket's error, which is told above.
    lines.on('error', () => {})
    lines.once('line', (line) => {
      socket.destroy()
      resolve(JSON.parse(line) as ControlAnswer)
    })
    socket.write(`${JSON.stringify(request)}\n`)
  })
}

function readOrder(line: string): ControlRequest {
  const request = JSON.parse(line) as {
    order?: unknown
    serialNo?: unknown
    fault?: unknown
    status?: unknown
  }
  const serialNo = String(request.serialNo)
  switch (request.order) {
    case 'list':
      return { order: 'list' }
    case 'list-verbs':
      return { order: 'list-verbs', serialNo }
    case 'set-fault':
      return {
        order: 'set-fault',
        serialNo,
        fault: request.fault === null ? null : readFault(request.fault),
      }
    case 'set-status':
      if (!isOperatingStatus(request.status)) throw new Error('no such status')
      return { order: 'set-status', serialNo, status: request.status }
    default:
      throw new Error('no such order')
  }
}

export function readFault(value: unknown): Fault {
  const { kind, delayMs, layer } = (value ?? {}) as {
    kind?: unknown
    delayMs?: unknown
    layer?: unknown
  }
  const known = FAULT_KINDS.find((candidate) => candidate === kind)
  if (known === undefined) throw new Error(`a fault is one of ${FAULT_KINDS.join(', ')}`)
  if (known === 'slow')
    return { kind: known, delayMs: typeof delayMs === 'number' ? delayMs : 5000 }
  if (known === 'garbage') return { kind: known, layer: layer === 'http' ? 'http' : 'json' }
  return { kind: known }
}

export const isOperatingStatus = (value: unknown): value is OperatingStatus =>
  OPERATING_STATUSES.some((status) => status === value)
