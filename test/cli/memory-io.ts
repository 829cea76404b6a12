import { EventEmitter } from 'node:events'
import type { Io, Output } from '../../src/cli/io.ts'

/** An output that keeps what is written to it. */
export class Captured extends EventEmitter implements Output {
  text = ''
  readonly isTTY: boolean
  readonly columns: number | undefined
  constructor({ isTTY = false, columns }: { isTTY?: boolean; columns?: number } = {}) {
    super()
    this.isTTY = isTTY
    this.columns = columns
  }
  write(text: string): void {
    this.text += text
  }
}

export interface MemoryIo extends Io {
  readonly stdout: Captured
  readonly stderr: Captured
  readonly signals: EventEmitter
  /** The codes that the process was told to exit with. */
  readonly exits: number[]
  /** What the clock shows. */
  time: number
}

interface Surroundings {
  readonly env?: Io['env']
  readonly cwd?: string
  readonly stdin?: string
  readonly terminal?: boolean
  readonly columns?: number
}

/** A process's surroundings in memory. */
export const memoryIo = ({
  env = {},
  cwd = '.',
  stdin = '',
  terminal = false,
  columns,
}: Surroundings = {}): MemoryIo => {
  const output = () => new Captured(columns === undefined ? { isTTY: terminal } : { isTTY: terminal, columns })
  const exits: number[] = []
  return {
    stdout: output(),
    stderr: output(),
    signals: new EventEmitter(),
    exits,
    time: 0,
    env,
    cwd,
    stdin: async function* () {
      yield new TextEncoder().encode(stdin)
    },
    now() {
      return this.time
    },
    exit: code => void exits.push(code),
  }
}
