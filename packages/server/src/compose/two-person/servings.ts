import { type Actor, operatorActor } from '@sanad/protocol/domain/events'
import type { OperationForTwo } from '@sanad/protocol/operator-api/proposals'
import type { CarryOut } from '../../operators/proposals/two-person-operation.ts'

/** What serves each operation that two people decide, so that it can be carried out without a request. */

/** What was kept: the schemas of the operation checked it when it was proposed. */
export interface Kept {
  /** As the operation’s own types say; each serving hands it to the method that its route does. */
  readonly params: never
  readonly body: never
  readonly operatorId: string
  readonly actor: Actor
}

export type ServingsForTwo = Readonly<Record<OperationForTwo, (kept: Kept) => Promise<unknown>>>

export class KeptServings {
  #servings: ServingsForTwo | undefined

  /** Before anything can be carried out: when the door is composed. */
  serve(servings: ServingsForTwo): void {
    this.#servings = servings
  }

  readonly carryOut: CarryOut = async (operation, { params, body }, { operatorId }) => {
    const actor = operatorActor(operatorId)
    // See `Kept`.
    const kept = { params: params as never, body: body as never, operatorId, actor }
    return this.#servings?.[operation](kept)
  }
}
