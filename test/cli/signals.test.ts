import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { listenForStop } from '../../src/cli/signals.ts'

const listening = () => {
  const source = new EventEmitter()
  const exits: number[] = []
  const messages: string[] = []
  const exit = (code: number) => void exits.push(code)
  const stop = listenForStop({ source, exit, notify: message => void messages.push(message) })
  return { source, exits, messages, stop }
}

describe('listening for a stop', () => {
  test('does nothing until a signal comes', () => {
    const { stop, exits, messages } = listening()
    expect([stop.signal.aborted, stop.code(), exits, messages]).toEqual([false, undefined, [], []])
  })

  test('takes the first Ctrl-C as a wish and the second as an order', () => {
    const { source, stop, exits, messages } = listening()
    source.emit('SIGINT')
    expect([stop.signal.aborted, stop.code(), exits]).toEqual([true, 130, []])
    expect(messages).toEqual(['Interrupted: finishing the step under way. Press Ctrl-C again to end now.'])
    source.emit('SIGINT')
    expect(exits).toEqual([130])
    expect(messages).toHaveLength(1)
  })

  test('does the same for SIGTERM with its own code', () => {
    const { source, stop, exits, messages } = listening()
    source.emit('SIGTERM')
    expect([stop.signal.aborted, stop.code(), exits]).toEqual([true, 143, []])
    expect(messages).toEqual(['Asked to end: finishing the step under way.'])
    source.emit('SIGTERM')
    expect(exits).toEqual([143])
  })

  test('hears no more once closed', () => {
    const { source, stop } = listening()
    stop.close()
    expect([source.listenerCount('SIGINT'), source.listenerCount('SIGTERM')]).toEqual([0, 0])
  })
})
