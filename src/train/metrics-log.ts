import { appendFile, readFile } from '#files'
import { DataError } from '../core/errors.ts'
import { fileCause, writeFileAtomic } from '../io/atomic.ts'

/** One line of metrics.jsonl. */
export interface MetricsLine {
  readonly type: 'step' | 'eval'
  readonly step: number
  readonly [metric: string]: number | string
}

/** metrics.jsonl: one JSON object a line, appended in batches. */
export class MetricsLog {
  private readonly path: string
  private waiting: string[] = []

  private constructor(path: string) {
    this.path = path
  }

  /** Opens a log; lines after `step` (of a run that went further than its checkpoint) are dropped. */
  static async open(path: string, step: number): Promise<MetricsLog> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw new DataError(
        `${path}: could not be read: ${fileCause(error).cause}. It is left as it is; make it readable, or move it away.`,
        { path },
        error,
      )
    })
    const kept = text.split('\n').filter(line => {
      try {
        return (JSON.parse(line) as MetricsLine).step <= step
      } catch {
        return false
      }
    })
    await writeFileAtomic(path, kept.map(line => `${line}\n`).join(''))
    return new MetricsLog(path)
  }

  write(line: MetricsLine): void {
    this.waiting.push(`${JSON.stringify(line)}\n`)
  }

  async flush(): Promise<void> {
    const lines = this.waiting.join('')
    this.waiting = []
    if (lines !== '') await appendFile(this.path, lines)
  }
}
