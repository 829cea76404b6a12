import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
export const isBuilt = existsSync(main)

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly stdin?: string
  /** Sent once a line of standard error matches. */
  readonly kill?: { readonly when: RegExp; readonly signal: NodeJS.Signals }
}

/** Runs the built command as a child process. */
export const gradus = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    // Two threads of two children on two cores would wait for each other.
    const env = { ...process.env, GRADUS_THREADS: '1', ...options.env }
    const child = spawn(process.execPath, [main, ...args], { env, cwd: options.cwd })
    let stdout = ''
    let stderr = ''
    let killed = false
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
      if (options.kill && !killed && options.kill.when.test(stderr)) {
        killed = true
        child.kill(options.kill.signal)
      }
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    child.stdin.end(options.stdin ?? '')
  })
