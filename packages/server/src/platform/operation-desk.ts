import type { Readable } from 'node:stream'
import { type Actor, operatorActor } from '@sanad/protocol/domain/events'
import type { Role } from '@sanad/protocol/domain/permissions'
import { refusalsOf, statusOf } from '@sanad/protocol/operator-api/operation'
import {
  type Also,
  type Answer,
  type Body,
  type ForTwo,
  type OperationId,
  type Operations,
  type Params,
  type Query,
  OPERATION_IDS,
  operationOf,
} from '@sanad/protocol/operator-api/operations'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { translateError } from './http.ts'

/** Where every operation of the operators’ door is carried out: of a request at once, of a proposal later. */

/** Who acts. */
export interface Doer {
  readonly operatorId: string
  readonly role: Role
}

/** A body that is a file, as it comes. */
export interface Upload {
  readonly stream: Readable
  /** Without its parameters: `text/csv`. */
  readonly mediaType: string
  /** As the sender announced it. */
  readonly bytes: number | undefined
}

/** The input of an operation, checked by its schemas. It is plain data, but for the file of an upload. */
export interface Input<Id extends OperationId> {
  readonly params: Params<Id>
  readonly query: Query<Id>
  readonly body: Body<Id, Upload, Uint8Array>
}

/** An operation that an operator wants carried out. */
export interface Order<Id extends OperationId = OperationId> extends Input<Id> {
  readonly operation: Id
  /** Undefined for what is open to anyone. */
  readonly operator: Doer | undefined
}

/** What a serving is given. */
export type Asked<Id extends OperationId> = Input<Id> &
  (Operations[Id]['access'] extends 'anyone'
    ? unknown
    : {
        /** Who acts, as the record names them. */
        readonly actor: Actor
        readonly operator: Doer
      })

/** For what is of HTTP itself: cookies, addresses, streams. */
export interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Answers with what the operation declares as `also`. */
export class Instead<Body> {
  readonly body: Body

  constructor(body: Body) {
    this.body = body
  }
}

type Given<Id extends OperationId> =
  | (Answer<Id, Readable> extends undefined ? void : Answer<Id, Readable>)
  | Instead<Also<Id>>
type MaybeLater<Value> = Value | Promise<Value>

/** Carries out an operation. What a second person may confirm is carried out without a request. */
export type Serving<Id extends OperationId> = [Id] extends [ForTwo]
  ? (asked: Asked<Id>) => MaybeLater<Given<Id>>
  : (asked: Asked<Id>, exchange: Exchange) => MaybeLater<Given<Id>>

export type Servings = { readonly [Id in OperationId]: Serving<Id> }

export interface Answered {
  readonly status: number
  readonly body: unknown
  /** Where to read what was made: a path below the server’s own address. By default what the operation declares. */
  readonly location?: string
}

/**
 * Asked before an operation with `isForTwo` is carried out.
 *
 * @returns the answer that goes out instead, or undefined to carry it out now
 */
export type Propose = (order: Order<ForTwo>) => Promise<Answered | undefined>

export interface OperationDeskOptions {
  readonly propose?: Propose
  /** Told of each refusal whose code the declaration of the operation does not have; for tests. */
  readonly whenUndeclared?: (id: OperationId, code: ProblemCode) => void
}

/** Whatever it serves. */
type AnyServing = (asked: never, exchange: never) => unknown

export class OperationDesk {
  readonly #servings = new Map<OperationId, AnyServing>()
  readonly #options: OperationDeskOptions

  constructor(options: OperationDeskOptions = {}) {
    this.#options = options
  }

  /** @throws SanadError `server.configuration-invalid` for an operation that is served already */
  add(id: OperationId, serving: AnyServing): void {
    if (this.#servings.has(id)) throw new SanadError('server.configuration-invalid', `${id} twice`)
    this.#servings.set(id, serving)
  }

  /** @throws SanadError `server.configuration-invalid` naming the operations that nobody serves */
  requireWhole(): void {
    const missing = OPERATION_IDS.filter((id) => !this.#servings.has(id))
    if (missing.length === 0) return
    throw new SanadError('server.configuration-invalid', `not served: ${missing.join(', ')}`)
  }

  /** Of a request: what needs two becomes a proposal first. */
  async answer(order: Order, exchange: Exchange): Promise<Answered> {
    try {
      return (await this.#propose(order)) ?? (await this.#carryOut(order, exchange))
    } catch (error) {
      return this.#refuse(order, error)
    }
  }

  async #propose(order: Order): Promise<Answered | undefined> {
    if (operationOf(order.operation).isForTwo !== true) return undefined
    // The declaration says so.
    return this.#options.propose?.(order as Order<ForTwo>)
  }

  /**
   * Carries out an operation that was kept, as its operator. Its input was checked when it was proposed.
   *
   * @throws SanadError whatever the operation is refused with
   */
  carryOut(order: Order<ForTwo>): Promise<Answered> {
    return this.#carryOut(order)
  }

  #refuse({ operation: id }: Order, error: unknown): never {
    const { code, status } = translateError(error)
    if (status < 500 && !refusalsOf(operationOf(id)).includes(code))
      this.#options.whenUndeclared?.(id, code)
    throw error
  }

  async #carryOut(order: Order, exchange?: Exchange): Promise<Answered> {
    const { operation: id, operator, params, query, body } = order
    const serving = this.#servings.get(id)
    if (serving === undefined) throw new SanadError('request.not-found')
    const asked = {
      params,
      query,
      body,
      ...(operator !== undefined && { operator, actor: operatorActor(operator.operatorId) }),
    }
    // The schemas of this very operation checked the input, and its type asks for an exchange where it has one.
    const given = await serving(asked as never, exchange as never)
    const { also, ...operation } = operationOf(id)
    return given instanceof Instead && also !== undefined
      ? { status: also.status, body: given.body }
      : { status: statusOf(operation), body: given }
  }
}
