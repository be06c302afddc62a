import type { Listener } from '../platform/platform.ts'
import type { PortReading } from './reading.ts'
import { type SbiNote, keyOf, listNotes, noteRefused } from './sbi-notes.ts'

/** The notes of all ports as they stand; tells each new one once, until it has been away. */
export class NoteBoard {
  readonly #byPort = new Map<number, readonly SbiNote[]>()
  readonly #tell: (note: SbiNote) => void

  constructor(tell: (note: SbiNote) => void) {
    this.#tell = tell
  }

  get notes(): readonly SbiNote[] {
    return [...this.#byPort.values()].flat()
  }

  /** @param listener the program that listens on a port that is closed at 127.0.0.1 */
  post(reading: PortReading, listener?: Listener): void {
    const { port, kind } = reading
    const notes = kind === 'closed' ? noteListener(port, listener) : listNotes(reading)
    const before = new Set(this.#byPort.get(port)?.map(keyOf))
    if (notes.length === 0) this.#byPort.delete(port)
    else this.#byPort.set(port, notes)
    for (const note of notes) if (!before.has(keyOf(note))) this.#tell(note)
  }
}

function noteListener(port: number, listener: Listener | undefined): SbiNote[] {
  if (listener === undefined || listener.isAtLoopback) return []
  const refused = {
    code: 'client.sbi-wrong-address',
    answer: 'discovery',
    field: '',
    reason: 'the program on this port does not listen at 127.0.0.1',
  } as const
  return [noteRefused(refused, { port, name: {} }, false)]
}
