import { describe, expect, it } from 'vitest'
import { RequestQueue, type Job, type Lane } from './request-queue.ts'

const job = (lane: Lane): Job => ({
  request: { verb: 'ping' },
  lane,
  limitMs: 1,
  isRepeatable: true,
  resolve: () => undefined,
  reject: () => undefined,
  attempts: 0,
})

describe('the queue before the HSM', () => {
  it('gives out urgent HSM requests first, and the oldest within a lane', () => {
    const queue = new RequestQueue()
    const [bulk, issuance, list, second] = [job(2), job(1), job(0), job(0)]
    for (const one of [bulk, issuance, list, second]) queue.push(one)
    expect(queue.length).toBe(4)
    expect([queue.take(), queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([
      list,
      second,
      issuance,
      bulk,
      undefined,
    ])
    expect(queue.length).toBe(0)
  })

  it('puts a request that lost its agent first in its lane', () => {
    const queue = new RequestQueue()
    const [first, second] = [job(1), job(1)]
    queue.push(first)
    queue.push(second)
    queue.take()
    queue.putBack(first)
    expect(queue.take()).toBe(first)
    expect(queue.take()).toBe(second)
  })

  it('drops an HSM request past its deadline, once', () => {
    const queue = new RequestQueue()
    const late = job(1)
    queue.push(late)
    expect(queue.remove(late)).toBe(true)
    expect(queue.remove(late)).toBe(false)
    expect(queue.length).toBe(0)
  })

  it('fails every waiting HSM request when the circuit opens', () => {
    const queue = new RequestQueue()
    for (const lane of [2, 0, 1, 0] as const) queue.push(job(lane))
    expect(queue.takeAll().map(({ lane }) => lane)).toEqual([0, 0, 1, 2])
    expect(queue.length).toBe(0)
    expect(queue.take()).toBeUndefined()
  })
})
